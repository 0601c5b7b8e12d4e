namespace Serverless.Service.Tests.Inference;

/// <summary>Tests that count the tensors of the process run with nothing beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TensorCount
{
    public const string Name = "counts tensors";
}
