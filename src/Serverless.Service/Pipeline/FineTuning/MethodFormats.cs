using Serverless.Learning.Data;
using Serverless.Service.Files;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Which data each method learns from.</summary>
internal static class MethodFormats
{
    /// <summary>The formats a method takes, the usual one first.</summary>
    public static IReadOnlyList<DatasetFormat> Of(MethodType method) => method switch
    {
        MethodType.Dpo => [DatasetFormat.Preference],
        MethodType.Pretraining => [DatasetFormat.Text, DatasetFormat.PlainText],
        MethodType.Reinforcement => [DatasetFormat.Reinforcement],
        MethodType.Distillation => [DatasetFormat.Reinforcement, DatasetFormat.Chat, DatasetFormat.PromptCompletion],
        _ => [DatasetFormat.Chat, DatasetFormat.PromptCompletion],
    };

    /// <summary>The format that a file is read in for a method: the one its intake found, if the method takes it.</summary>
    public static DatasetFormat Of(MethodType method, FileRecord file) =>
        file.Report?.Format is { } found && Of(method).Contains(found.Format) ? found.Format : Of(method)[0];

    /// <summary>What is wrong with a file of another format than the method takes, or null.</summary>
    public static string? FaultOf(MethodType method, FileRecord file, string parameter)
    {
        if (file.Report?.Format is not { } found || Of(method).Contains(found.Format))
            return null;
        var allowed = string.Join(" or ", Of(method).Select(Name));
        var taken = parameter == ReplayRequest.FileParameter ? "to replay" : $"with method {Wire(method)}";
        return $"{parameter}: found {Name(found.Format)} data in {file.Name} ({found.Reason}); allowed {taken}: {allowed}";
    }

    private static string Wire(MethodType method) => method.ToString().ToLowerInvariant();

    /// <summary>What errors call a format.</summary>
    public static string Name(DatasetFormat format) => format switch
    {
        DatasetFormat.PromptCompletion => "prompt/completion",
        DatasetFormat.PlainText => ".txt",
        _ => format.ToString().ToLowerInvariant(),
    };
}
