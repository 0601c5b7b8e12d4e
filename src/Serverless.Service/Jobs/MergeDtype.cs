using System.Text.Json.Serialization;

namespace Serverless.Service.Jobs;

/// <summary>What the numbers of a merged model are rounded to when it is written.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MergeDtype>))]
public enum MergeDtype
{
    /// <summary>bfloat16: half the size, 8 bits of precision.</summary>
    [JsonStringEnumMemberName("bf16")] Bf16,

    /// <summary>float32, in which the adapter is added to the weights: not rounded at all.</summary>
    [JsonStringEnumMemberName("f32")] F32,
}
