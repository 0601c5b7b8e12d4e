using Serverless.Load.Running;

namespace Serverless.Load;

/// <summary><c>--share S [--load NAME,NAME]</c> puts loads on a head; anything else is for the test platform.</summary>
public static class Program
{
    public static Task<int> Main(string[] args) => args.Contains("--share") || args.Contains("--load")
        ? LoadCommand.RunAsync(args, Console.Out)
        : Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
}
