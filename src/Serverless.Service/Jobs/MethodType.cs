using System.Text.Json.Serialization;

namespace Serverless.Service.Jobs;

/// <summary>The post-training methods; the names are the wire's.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MethodType>))]
public enum MethodType
{
    [JsonStringEnumMemberName("supervised")] Supervised,
    [JsonStringEnumMemberName("dpo")] Dpo,
    [JsonStringEnumMemberName("reinforcement")] Reinforcement,
    [JsonStringEnumMemberName("distillation")] Distillation,
    [JsonStringEnumMemberName("pretraining")] Pretraining,

    /// <summary>A chain of the others, each from the model of the one before.</summary>
    [JsonStringEnumMemberName("recipe")] Recipe,
}
