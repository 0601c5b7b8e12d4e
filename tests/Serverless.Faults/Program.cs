using Serverless.Faults.Running;

namespace Serverless.Faults;

/// <summary><c>--seconds N [--fault NAME] [--kills N] [--seed S] [--model NAME]</c> tries faults; anything else is for the test platform.</summary>
public static class Program
{
    public static Task<int> Main(string[] args) => args.Contains("--seconds") || args.Contains("--fault") || args.Contains("--kills")
        ? FaultsCommand.RunAsync(args, FaultList.All, Console.Out)
        : Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
}
