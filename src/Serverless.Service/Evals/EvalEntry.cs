using System.Text.Json;
using Serverless.Learning;
using Serverless.Learning.Data;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Text;

namespace Serverless.Service.Evals;

/// <summary>One entry of a run's data.</summary>
/// <param name="Item">What graders and templates see as <c>item</c>; of a data set's line, all of it.</param>
/// <param name="Sample">The answer, if it is given.</param>
public sealed record EvalEntry(JsonElement Item, JsonElement? Sample = null)
{
    /// <summary>The line of a data set of this service, whose format is known; null of an entry with an <c>item</c> of its own.</summary>
    public (int Line, string File, DatasetFormat Format)? Place { get; init; }

    /// <summary>The example that the line is; null of an entry with an <c>item</c> of its own.</summary>
    /// <exception cref="InputError">It has faults.</exception>
    public DatasetExample? Example() => Place is var (line, file, format) ? DatasetReader.ReadLine(Item, line, file, format) : null;

    /// <summary>The conversation that ends with the right answer, of preferences the preferred one; null of what has none.</summary>
    public static ChatExample? AnsweredOf(DatasetExample? example) => example is PreferenceExample pair ? pair.Chosen : example as ChatExample;

    /// <summary>The conversation that an example asks to continue, with the tools that it offers.</summary>
    public static (IReadOnlyList<ChatMessage> Messages, JsonElement? Tools) PromptOf(DatasetExample example) => example switch
    {
        PromptExample prompt => (prompt.Messages, prompt.Tools),
        PreferenceExample pair => (pair.Messages, pair.Tools),
        ChatExample chat => (Evaluator.PromptOf(chat), chat.Tools),
        _ => throw new ArgumentOutOfRangeException(nameof(example), example.GetType(), null),
    };
}
