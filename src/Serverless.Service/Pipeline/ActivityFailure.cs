namespace Serverless.Service.Pipeline;

/// <summary>An activity threw at each of its attempts, or its process died under it too often. A workflow may catch this.</summary>
/// <param name="activity">The activity's name.</param>
/// <param name="reason">The last failure as text; its type and stack are in the log.</param>
public sealed class ActivityFailure(string activity, string reason) : Exception($"{activity} failed: {reason}")
{
    public string Activity { get; } = activity;

    public string Reason { get; } = reason;
}
