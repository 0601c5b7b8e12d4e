using Serverless.Service.Storage;

namespace Serverless.Service.Tests.Storage;

public sealed class BlobNameTests
{
    [Theory]
    [InlineData("train.jsonl", "train.jsonl")]
    [InlineData("ft:sample-8m:me::1", "ft=3Asample-8m=3Ame=3A=3A1")]
    [InlineData("..", "=2E=2E")]
    [InlineData("../a", "=2E.=2Fa")]
    [InlineData("a.", "a=2E")]
    [InlineData("ü%=~", "=C3=BC=25=3D=7E")]
    [InlineData("", "=")]
    public void A_name_becomes_one_segment(string text, string segment) => Assert.Equal(segment, BlobName.Segment(text));

    [Fact]
    public void Long_names_are_cut_and_stay_different()
    {
        var one = BlobName.Segment(new string('x', 500) + "1");
        var two = BlobName.Segment(new string('x', 500) + "2");

        Assert.Equal(200, one.Length);
        Assert.StartsWith(new string('x', 100), one, StringComparison.Ordinal);
        Assert.NotEqual(one, two);
    }
}
