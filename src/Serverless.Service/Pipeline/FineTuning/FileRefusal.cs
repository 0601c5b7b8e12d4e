using Serverless.Learning;
using Serverless.Service.Files;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What a job is told of a file that it cannot use: the parameter that names it, and a code made of that.</summary>
internal static class FileRefusal
{
    /// <param name="parameter">Such as <c>training_file</c>, or <c>method.replay.file</c>, whose code is <c>invalid_replay_file</c>.</param>
    public static InputError Of(string message, string parameter, Exception? inner = null) =>
        new(message, parameter, $"invalid_{parameter.Replace("method.", "", StringComparison.Ordinal).Replace('.', '_')}", inner);

    /// <summary>The file is gone.</summary>
    public static InputError Deleted(FileId id, string parameter) => Of($"{parameter}: the file {id} was deleted", parameter);
}
