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

    [Theory]
    [InlineData("alice=")]
    [InlineData("alice= ")]
    [InlineData("c2VjcmV0IGtleSBvZiAyMA=")]
    [InlineData("alice==")]
    [InlineData("alice=short-key-01234")]
    [InlineData("short-key-01234")]
    public void A_missing_key_and_one_that_can_be_guessed_are_refused_without_repeating_it(string entry)
    {
        var error = Assert.Throws<ArgumentException>(() => ApiKey.Parse(entry, 3));

        Assert.Matches("^entry 3: found (a name without a key, or a key that ends with one equals sign|a key of [0-9]+ characters); allowed: ", error.Message);
        Assert.DoesNotContain(entry.Trim(), error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("short", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Something_else_behind_sha256_is_refused() =>
        Assert.StartsWith(
            "API key 'ci': found a hash of 4 characters; allowed: 64 hexadecimal digits (SHA-256).",
            Assert.Throws<ArgumentException>(() => ApiKey.Parse("ci=sha256:abcd", 1)).Message, StringComparison.Ordinal);
}
