using Serverless.Local.Tasks;

namespace Serverless.Local.Tests.Tasks;

public sealed class SurfaceJudgeTests
{
    [Fact]
    public void It_tells_replies_whose_words_differ_and_not_those_whose_words_do_not()
    {
        var replies = ReplySets.Generate(mixed: 1, compared: 200, heldOut: 100);
        var judge = SurfaceJudge.Train(replies.Compared.Select(pair => (pair.Courteous, pair.Curt)));
        Assert.True(replies.HeldOut.Count(pair => judge.Share(pair.Courteous, pair.Curt) == 1) >= 99);
        Assert.All(replies.HeldOut, pair => Assert.Equal(1, judge.Share(pair.Courteous, pair.Curt) + judge.Share(pair.Curt, pair.Courteous)));
        Assert.All(replies.HeldOut, pair => Assert.Equal(0.5, judge.Share(pair.Curt, pair.Curt)));
    }
}
