using Serverless.Service.Files;

namespace Serverless.Service.Jobs;

/// <summary>General text that a model reads while it learns something else, so that it keeps what it knows.</summary>
/// <param name="File">A file as continued pre-training takes it; its end is held back, to measure on it what was forgotten.</param>
/// <param name="Share">The text's share of the loss, 0 to 0.9; with 0 it is only measured on.</param>
public sealed record ReplayRequest(FileId File, double Share)
{
    /// <summary>Where the file stands in a request.</summary>
    public const string FileParameter = "method.replay.file";
}
