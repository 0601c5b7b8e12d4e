using System.Text.Json.Serialization;
using Serverless.Service.Catalog;

namespace Serverless.Service.Jobs;

/// <summary>The id of a fine-tuning job: <c>ftjob-</c> and 26 characters that sort newest first.</summary>
[JsonConverter(typeof(JobIdJsonConverter))]
public readonly record struct JobId(string Value)
{
    public const string Prefix = "ftjob-";

    /// <summary>Whether the id has the shape that this service gives; one that has not names nothing.</summary>
    public bool IsWellFormed =>
        Value is not null && Value.StartsWith(Prefix, StringComparison.Ordinal) && NewestFirstId.IsWellFormed(Value.AsSpan(Prefix.Length));

    /// <summary>A new id, sorting before all older ones.</summary>
    public static JobId New(TimeProvider clock) => new(Prefix + NewestFirstId.Random(clock.GetUtcNow()));

    public override string ToString() => Value;
}
