using Serverless.Fuzz.Running;

namespace Serverless.Fuzz;

/// <summary><c>--seconds N [--target NAME[,NAME]] [--seed S] [--keep FOLDER]</c> fuzzes all targets, each for its share of the time, or those named; anything else is for the test platform.</summary>
public static class Program
{
    public static Task<int> Main(string[] args) => args.Contains("--seconds")
        ? Task.FromResult(InstrumentedProduct.Run(args, Console.Out))
        : Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
}
