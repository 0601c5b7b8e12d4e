using System.Text.RegularExpressions;
using Serverless.Learning.Data;
using Serverless.Local.Tasks;

namespace Serverless.Local.Tests.Tasks;

public sealed class ReplySetsTests
{
    private static readonly ReplySets s_sets = ReplySets.Generate();

    [Fact]
    public void Courteous_replies_match_the_pattern_and_curt_ones_do_not()
    {
        var pattern = new Regex(ReplySets.CourteousPattern);
        foreach (var pair in (ReplyPair[])[.. s_sets.Mixed, .. s_sets.Compared, .. s_sets.HeldOut])
        {
            Assert.Matches(pattern, pair.Courteous);
            Assert.DoesNotMatch(pattern, pair.Curt);
        }
    }

    [Fact]
    public void Neither_reply_is_the_longer_one_by_rule()
    {
        var longer = s_sets.HeldOut.Count(pair => pair.Courteous.Length > pair.Curt.Length) / 500.0;
        Assert.InRange(longer, 0.4, 0.6);
        Assert.Equal((800, 1200, 500), (s_sets.Mixed.Length, s_sets.Compared.Length, s_sets.HeldOut.Length));
    }

    [Fact]
    public void The_held_out_tickets_occur_in_no_other_set_and_the_seed_decides()
    {
        Assert.Empty(s_sets.HeldOut.Select(pair => pair.Ticket).Intersect(s_sets.Mixed.Concat(s_sets.Compared).Select(pair => pair.Ticket)));
        Assert.Equal(s_sets.HeldOut, ReplySets.Generate().HeldOut);
        Assert.NotEqual(s_sets.HeldOut, ReplySets.Generate(seed: 2).HeldOut);
    }

    [Fact]
    public void The_files_are_data_sets()
    {
        var path = Path.GetTempFileName();
        try
        {
            ReplyFile.WriteMixed(path, s_sets.Mixed);
            using (var file = File.OpenRead(path))
            {
                var answers = DatasetReader.Read(file, "replies.jsonl", DatasetFormat.Chat).Cast<ChatExample>().Select(example => example.Messages[^1].Content!).ToList();
                Assert.Equal(s_sets.Mixed.Select((pair, at) => at % 2 == 0 ? pair.Courteous : pair.Curt), answers);
            }
            ReplyFile.WritePreferences(path, s_sets.HeldOut);
            using var pairs = File.OpenRead(path);
            Assert.Equal(
                s_sets.HeldOut.Select(pair => pair.Courteous),
                DatasetReader.Read(pairs, "pairs.jsonl", DatasetFormat.Preference).Cast<PreferenceExample>().Select(example => example.Chosen.Messages[^1].Content));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
