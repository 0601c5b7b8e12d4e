using System.Globalization;
using System.Text.Json.Serialization;
using Serverless.Service.Catalog;

namespace Serverless.Service.Jobs;

/// <summary>
/// The id of a job's event: <c>ftevent-</c>, the job's 26 characters and the sequence number in ten digits. The same event of a repeated
/// activity has the same id, and a list that goes on after an id needs no search.
/// </summary>
[JsonConverter(typeof(JobEventIdJsonConverter))]
public readonly record struct JobEventId(string Value)
{
    public const string Prefix = "ftevent-";
    private const int SequenceDigits = 10;

    /// <summary>The id of the event number <paramref name="sequence"/> of <paramref name="job"/>.</summary>
    public static JobEventId Of(JobId job, long sequence) =>
        new(Prefix + job.Value[JobId.Prefix.Length..] + sequence.ToString("D10", CultureInfo.InvariantCulture));

    /// <summary>The sequence number when this is an id of <paramref name="job"/>'s events, otherwise null.</summary>
    public long? SequenceIn(JobId job)
    {
        var start = Prefix.Length + NewestFirstId.Length;
        if (Value is null || Value.Length != start + SequenceDigits) return null;
        if (!long.TryParse(Value.AsSpan(start), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)) return null;
        return Of(job, sequence) == this ? sequence : null;
    }

    public override string ToString() => Value;
}
