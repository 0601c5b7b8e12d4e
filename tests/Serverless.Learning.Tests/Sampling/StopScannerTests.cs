using Serverless.Learning.Sampling;

namespace Serverless.Learning.Tests.Sampling;

public sealed class StopScannerTests
{
    [Fact]
    public void A_stop_text_across_pieces_ends_the_answer_before_it()
    {
        var scanner = new StopScanner(["END", "\n\n"]);
        Assert.Equal("one ", scanner.Append("one E"));
        Assert.Equal("", scanner.Append("N"));
        Assert.Equal("", scanner.Append("D two"));
        Assert.True(scanner.Stopped);
        Assert.Equal("", scanner.Append("three"));
    }

    [Fact]
    public void What_only_began_like_a_stop_text_is_let_through()
    {
        var scanner = new StopScanner(["END"]);
        Assert.Equal("one ", scanner.Append("one EN"));
        Assert.Equal("ENTER", scanner.Append("TER"));
        Assert.Equal("", scanner.Append("E"));
        Assert.Equal("E", scanner.Flush());
        Assert.False(scanner.Stopped);
    }
}
