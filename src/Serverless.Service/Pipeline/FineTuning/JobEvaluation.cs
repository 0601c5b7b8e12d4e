namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>The base and the tuned model side by side on a job's validation file; <c>jobs/&lt;id&gt;/evaluation.json</c>.</summary>
public sealed record JobEvaluation
{
    /// <summary>The examples of the file.</summary>
    public required int Examples { get; init; }

    /// <summary>The model that training started from.</summary>
    public ModelEvaluation Base { get; init; } = new();

    /// <summary>The model as it is published.</summary>
    public ModelEvaluation Tuned { get; init; } = new();

    /// <summary>Whether all of it is there.</summary>
    public bool Finished { get; init; }
}
