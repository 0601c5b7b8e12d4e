using Serverless.Service.Pipeline;

namespace Serverless.Tests.Port;

/// <summary>An activity from a lambda.</summary>
public sealed class ToyActivity(Func<string, ActivityScope, Task<string>> body) : IActivity<string, string>
{
    public Task<string> RunAsync(string input, ActivityScope scope) => body(input, scope);
}
