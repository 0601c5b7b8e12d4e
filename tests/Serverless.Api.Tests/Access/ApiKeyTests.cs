using Serverless.Api.Access;

namespace Serverless.Api.Tests.Access;

public sealed class ApiKeyTests
{
    [Theory]
    [InlineData("sk-first-0123456789", "key 3", "sk-first-0123456789")]
    [InlineData("laptop=sk-first-0123456789", "laptop", "sk-first-0123456789")]
    [InlineData("c2VjcmV0IGtleQ==", "key 3", "c2VjcmV0IGtleQ==")]
    [InlineData("laptop=c2VjcmV0IGtleQ==", "laptop", "c2VjcmV0IGtleQ==")]
    [InlineData("sha256:c337a1985c4bb1f73dcfe2815956fceb2bbeb30c849010ba38db4f2c104d4e6d", "key 3", "sk-second-0123456789")]
    [InlineData("ci=sha256:c337a1985c4bb1f73dcfe2815956fceb2bbeb30c849010ba38db4f2c104d4e6d", "ci", "sk-second-0123456789")]
    public void An_entry_of_the_settings_is_a_key_or_its_hash_with_or_without_a_name(string entry, string name, string secret)
    {
        var key = ApiKey.Parse(entry, 3);

        Assert.Equal(name, key.Name);
        Assert.Same(key, ApiKey.Find([ApiKey.FromSecret("other", "other"), key], secret));
        Assert.Null(ApiKey.Find([key], secret + "x"));
    }

    [Fact]
    public void Something_else_behind_sha256_is_refused() =>
        Assert.StartsWith(
            "API key 'ci': found a hash of 4 characters; allowed: 64 hexadecimal digits (SHA-256).",
            Assert.Throws<ArgumentException>(() => ApiKey.Parse("ci=sha256:abcd", 1)).Message, StringComparison.Ordinal);
}
