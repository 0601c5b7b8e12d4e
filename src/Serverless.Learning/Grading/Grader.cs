using System.Text.Json;
using Serverless.Learning.Data;

namespace Serverless.Learning.Grading;

/// <summary>
/// A function of a data set's item and a model's answer to a score, as OpenAI's API describes graders: parsed and validated once, then
/// immutable, deterministic and safe to use from several threads. Grading itself neither asks a model nor touches the world: what a grader
/// wants to ask is a value (<see cref="Questions"/>), and the answers are handed back to <see cref="Grade"/>, so that a caller can ask in batches.
/// </summary>
public abstract class Grader
{
    private static readonly GraderAnswer[] NoAnswers = [];

    /// <summary>The time after which no part of a grader is begun any more; the part that runs then ends within the time limit of its own.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private protected Grader(string name, string type) => (Name, Type) = (name, type);

    /// <summary>The name its owner gave it.</summary>
    public string Name { get; }

    /// <summary>The wire's name of its type, such as <c>string_check</c>.</summary>
    public string Type { get; }

    /// <summary>The models that it asks, each once; empty for a grader that asks none.</summary>
    public virtual IReadOnlyList<string> Models => [];

    /// <summary>The items' keys that its templates name, each once: an item without one of them cannot be graded.</summary>
    public abstract IReadOnlyList<string> ItemKeys { get; }

    /// <summary>Reads and validates a grader.</summary>
    /// <param name="json">The grader's object.</param>
    /// <param name="path">Where it stands in the request, such as <c>grader</c>; faults are named from there.</param>
    /// <exception cref="InputError">All that is wrong with it: the field, what was found and what is allowed, one fault a line.</exception>
    public static Grader Parse(JsonElement json, string path)
    {
        var faults = new FaultList();
        var grader = GraderReader.Read(new JsonPlace("", path, faults), json, insideMulti: false);
        return FaultList.Message(faults.Listed, faults.Count) is { } message ? throw new InputError(message, path, "invalid_grader") : grader!;
    }

    /// <summary>What has to be asked of models before this answer can be graded, in order; empty for a grader that asks none.</summary>
    /// <param name="item">The line of the data set, an object.</param>
    public IReadOnlyList<GraderQuestion> Questions(JsonElement item, GraderSample sample)
    {
        var questions = new List<GraderQuestion>();
        Ask(new GradingContext(item, sample, NoAnswers), questions);
        return questions;
    }

    /// <summary>Grades an answer. Whatever the item or the answer holds, this gives a grade; what was wrong stands in its faults.</summary>
    /// <param name="item">The line of the data set, an object.</param>
    /// <param name="answers">The answers to <see cref="Questions"/>, in their order; not needed where there are none.</param>
    /// <param name="ct">Ends the grading before its next part.</param>
    public Grade Grade(JsonElement item, GraderSample sample, IReadOnlyList<GraderAnswer>? answers = null, CancellationToken ct = default) =>
        GradeWithin(Longest, item, sample, answers, ct);

    /// <summary>The same within another time.</summary>
    internal Grade GradeWithin(TimeSpan longest, JsonElement item, GraderSample sample, IReadOnlyList<GraderAnswer>? answers, CancellationToken ct) =>
        GradeIn(new GradingContext(item, sample, answers ?? NoAnswers) { Time = new GradingTime(longest, ct) });

    internal abstract Grade GradeIn(GradingContext context);

    internal virtual void Ask(GradingContext context, List<GraderQuestion> questions)
    {
    }
}
