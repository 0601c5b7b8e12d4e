using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Serverless.Functions.Tests.Activities;

/// <summary>Keeps what was logged with the values of the scopes around it, as exporters do.</summary>
internal sealed class ScopedLines : ILoggerProvider, ISupportExternalScope
{
    private readonly ConcurrentQueue<Line> _lines = new();
    private IExternalScopeProvider? _scopes;

    public IReadOnlyCollection<Line> Lines => _lines;

    public ILogger CreateLogger(string categoryName) => new Sink(this);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose()
    {
    }

    /// <param name="Scope">Values such as <c>InstanceId=an-instance</c>.</param>
    internal sealed record Line(LogLevel Level, string Message, Exception? Fault, string Scope);

    private sealed class Sink(ScopedLines kept) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => kept._scopes?.Push(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var values = new List<string>();
            kept._scopes?.ForEachScope(
                (scope, into) =>
                {
                    if (scope is IEnumerable<KeyValuePair<string, object?>> pairs)
                        into.AddRange(pairs.Where(pair => pair.Key != "{OriginalFormat}").Select(pair => $"{pair.Key}={pair.Value}"));
                },
                values);
            kept._lines.Enqueue(new Line(logLevel, formatter(state, exception), exception, string.Join(' ', values)));
        }
    }
}
