using Microsoft.Extensions.Logging;

namespace Serverless.Local.Journal;

/// <summary>What the instances of one head share.</summary>
/// <param name="Writer">Names this head in the records it writes; another one after each start.</param>
/// <param name="Slots">One for each activity that may run at a time.</param>
internal sealed record JournalRuntime(
    JournalStore Store, JournalParts Parts, JournalSettings Settings, TimeProvider Clock, ILogger Logger, string Writer, SemaphoreSlim Slots);
