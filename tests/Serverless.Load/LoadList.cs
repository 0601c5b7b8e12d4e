using System.Collections.Immutable;
using Serverless.Load.Loads;
using Serverless.Load.Running;

namespace Serverless.Load;

/// <summary>Every load, in the order of the table.</summary>
internal static class LoadList
{
    public static ImmutableArray<ILoad> All { get; } = [new LargeUpload(), new ListedFiles(), new QueuedJobs(), new EventReaders(), new ConcurrentChats(), new ManyJobs()];
}
