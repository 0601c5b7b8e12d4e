namespace Serverless.Local.Tasks;

/// <summary>
/// The yardstick beside a model that learned preferences: tells the preferred of two replies by their words alone, with an n-gram
/// classifier of single replies. It never sees what was asked.
/// </summary>
public sealed class SurfaceJudge
{
    private const string Preferred = "preferred";
    private const string Other = "other";

    private readonly NgramClassifier classifier;

    private SurfaceJudge(NgramClassifier classifier) => this.classifier = classifier;

    /// <summary>Trains on pairs, of each of which the first reply is preferred.</summary>
    public static SurfaceJudge Train(IEnumerable<(string Preferred, string Other)> pairs, int seed = 1) => new(NgramClassifier.Train(
        [.. pairs.SelectMany(pair => new[] { new LabelledText(pair.Preferred, Preferred), new LabelledText(pair.Other, Other) })], seed));

    /// <summary>1 if it prefers the first reply to the second, 0 if the second, 0.5 if it cannot tell them apart.</summary>
    public double Share(string first, string second) => 0.5 * (1 + Score(first).CompareTo(Score(second)));

    private float Score(string reply) => classifier.ScoreOf(reply, Preferred) - classifier.ScoreOf(reply, Other);
}
