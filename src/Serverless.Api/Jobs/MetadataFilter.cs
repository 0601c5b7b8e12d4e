using Microsoft.AspNetCore.Http;
using Serverless.Service.Jobs;

namespace Serverless.Api.Jobs;

/// <summary>The query <c>metadata[key]=value</c>, which may be repeated: jobs that carry all of these pairs.</summary>
internal static class MetadataFilter
{
    private const string Start = "metadata[";

    /// <summary>What a job must satisfy, or null when the query asks for nothing.</summary>
    public static Func<JobRecord, bool>? Read(HttpRequest request)
    {
        // OpenAI: metadata=null asks for the jobs without any.
        if (request.Query["metadata"] is ["null"])
            return job => job.Metadata.IsEmpty;

        (string Key, string Value)[] wanted =
        [
            .. request.Query
                .Where(parameter => parameter.Key.StartsWith(Start, StringComparison.Ordinal) && parameter.Key.EndsWith(']'))
                .Select(parameter => (parameter.Key[Start.Length..^1], parameter.Value.ToString())),
        ];
        return wanted.Length == 0 ? null : job => Array.TrueForAll(wanted, pair => job.Metadata.GetValueOrDefault(pair.Key) == pair.Value);
    }
}
