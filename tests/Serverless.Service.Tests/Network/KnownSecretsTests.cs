using Serverless.Service.Network;

namespace Serverless.Service.Tests.Network;

public sealed class KnownSecretsTests
{
    private readonly KnownSecrets _secrets = new(["sk-0123456789abcdef", "sk-0123456789abcdef-longer", "sk-short", "none", null]);

    [Theory]
    [InlineData("you sent SK-0123456789ABCDEF, twice sk-0123456789abcdef", "you sent ****, twice ****")]
    [InlineData("sk-0123456789abcdef-longer", "****")]
    [InlineData("sk-short is none", "**** is none")]
    public void An_error_is_told_without_the_keys_that_it_repeats(string said, string told) => Assert.Equal(told, _secrets.OutOfError(said));

    [Theory]
    [InlineData("you sent sk-0123456789abcdef", "you sent ****")]
    [InlineData("sk-short is none", "sk-short is none")]
    public void An_answer_keeps_words_that_are_too_short_for_keys(string said, string kept) => Assert.Equal(kept, _secrets.OutOfAnswer(said));
}
