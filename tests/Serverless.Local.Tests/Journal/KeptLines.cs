using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Serverless.Local.Journal;

namespace Serverless.Local.Tests.Journal;

/// <summary>Keeps what a journal warns of, with exceptions as they are printed.</summary>
internal sealed class KeptLines : ILogger<JournalWorkflowHost>
{
    private readonly ConcurrentQueue<string> _warnings = new();

    public IReadOnlyCollection<string> Warnings => _warnings;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel == LogLevel.Warning)
            _warnings.Enqueue($"{formatter(state, exception)} {exception}".TrimEnd());
    }
}
