namespace Serverless.Service.Jobs;

/// <summary>The method of a job and the hyper-parameters asked for.</summary>
public sealed record JobMethod
{
    public MethodType Type { get; init; }

    public Hyperparameters Hyperparameters { get; init; } = new();
}
