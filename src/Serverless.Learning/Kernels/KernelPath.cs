using System.Text.Json.Serialization;

namespace Serverless.Learning.Kernels;

/// <summary>Which implementation of the fused operations runs.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<KernelPath>))]
public enum KernelPath
{
    /// <summary>Compositions of TorchSharp's own operations.</summary>
    Plain,

    /// <summary>One pass over memory each, in C# vector code.</summary>
    Fused,
}
