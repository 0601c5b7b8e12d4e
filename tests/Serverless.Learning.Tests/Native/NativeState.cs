namespace Serverless.Learning.Tests.Native;

/// <summary>Tests that set the number of threads or count live tensors: both are the process's, so nothing runs beside them.</summary>
[CollectionDefinition(Collection, DisableParallelization = true)]
public static class NativeState
{
    public const string Collection = "The process's native state";
}
