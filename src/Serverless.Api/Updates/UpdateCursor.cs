using System.Globalization;
using System.Text;
using Serverless.Service.Jobs;

namespace Serverless.Api.Updates;

/// <summary>How far a stream of updates has come in each job that it watches; the id of its events, with which a browser asks to go on.</summary>
/// <remarks>Written as <c>ftjob-…=step.events</c>, joined with semicolons: the last step and the number of events that were sent.</remarks>
internal sealed class UpdateCursor
{
    private readonly Dictionary<JobId, (int Step, long Events)> _places = [];

    /// <summary>Reads what a client sends back; whatever is not understood counts as not sent.</summary>
    public static UpdateCursor Parse(string? text)
    {
        var cursor = new UpdateCursor();
        foreach (var entry in (text ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry.Split('=') is not [var id, var place] || place.Split('.') is not [var step, var events])
                continue;
            if (int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var steps)
                && long.TryParse(events, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                cursor.Set(new JobId(id), steps, count);
        }
        return cursor;
    }

    /// <summary>The last step and the number of events that were sent of a job; zeros at first.</summary>
    public (int Step, long Events) Of(JobId id) => _places.GetValueOrDefault(id);

    public void Set(JobId id, int step, long events) => _places[id] = (step, events);

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (id, place) in _places)
            text.Append(text.Length == 0 ? "" : ";").Append(CultureInfo.InvariantCulture, $"{id}={place.Step}.{place.Events}");
        return text.ToString();
    }
}
