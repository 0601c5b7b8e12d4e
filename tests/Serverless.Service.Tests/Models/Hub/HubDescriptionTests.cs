using System.Text;
using Serverless.Learning;
using Serverless.Service.Models.Hub;

namespace Serverless.Service.Tests.Models.Hub;

/// <summary>What the hub says of a model is anybody's words: it is read, or refused by one error that names the field.</summary>
public sealed class HubDescriptionTests
{
    private const string Commit = "0123456789abcdef0123456789abcdef01234567";

    [Fact]
    public void Files_are_read_with_their_sizes_and_hashes()
    {
        var model = Read($$"""{"sha":"{{Commit}}","siblings":[{"rfilename":"config.json","size":12,"blobId":"ab"},{"rfilename":"model.safetensors","size":1,"lfs":{"size":34,"sha256":"cd"} }]}""");

        Assert.Equal([new HubFile("config.json", 12, null, "ab"), new HubFile("model.safetensors", 34, "cd", null)], model.Files);
    }

    [Theory]
    [InlineData("""{"rfilename":"a","size":1.5,"blobId":"b"}""", "the size of a is no whole number from 0 to 10000000000000")]
    [InlineData("""{"rfilename":"a","size":-1,"blobId":"b"}""", "the size of a is no whole number from 0 to 10000000000000")]
    [InlineData("""{"rfilename":"a","size":9223372036854775807,"blobId":"b"}""", "the size of a is no whole number from 0 to 10000000000000")]
    [InlineData("""{"rfilename":"a","size":"1","blobId":"b"}""", "the size of a is no whole number from 0 to 10000000000000")]
    [InlineData("""{"rfilename":null,"size":1,"blobId":"b"}""", "the hub's description of it has a field rfilename that is no text")]
    [InlineData("""{"rfilename":"","size":1,"blobId":"b"}""", "a file's name has 0 characters; allowed: 1 to 1000")]
    public void A_file_without_a_name_or_a_size_is_refused(string sibling, string finding) => Assert.Equal(
        $"org/model: cannot be fetched: {finding}",
        Assert.Throws<InputError>(() => Read($$"""{"sha":"{{Commit}}","siblings":[{{sibling}}]}""")).Message);

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"sha":1,"siblings":[]}""")]
    [InlineData("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":{}}""")]
    [InlineData("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[1]}""")]
    [InlineData("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[{"rfilename":"a"}]}""")]
    public void Something_else_than_a_description_is_refused(string json) =>
        Assert.StartsWith("org/model: cannot be fetched: ", Assert.Throws<InputError>(() => Read(json)).Message, StringComparison.Ordinal);

    private static HubModel Read(string json) => HubDescription.Read("org/model", Encoding.UTF8.GetBytes(json));
}
