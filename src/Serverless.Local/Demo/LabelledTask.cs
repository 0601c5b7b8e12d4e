using System.Collections.Immutable;
using Serverless.Learning;
using Serverless.Learning.Data;
using Serverless.Learning.Evaluation;
using Serverless.Local.Tasks;

namespace Serverless.Local.Demo;

/// <summary>A task in three chat data sets, in which each answer is one of a set of labels.</summary>
/// <param name="Name">What its drops are called.</param>
internal sealed record LabelledTask(string Name, string TrainPath, string ValidationPath, string TestPath)
{
    /// <summary>Reads a data set.</summary>
    /// <exception cref="InputError">It has faults; the message names them.</exception>
    public static ImmutableArray<ChatExample> Read(string path)
    {
        using var file = File.OpenRead(path);
        return [.. ChatDatasetReader.Read(file, Path.GetFileName(path))];
    }

    /// <summary>The last message before the answer, and the answer.</summary>
    public static LabelledText TextOf(ChatExample example) =>
        new(Evaluator.PromptOf(example)[^1].Content ?? "", Evaluator.ExpectedOf(example));
}
