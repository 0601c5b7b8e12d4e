using Serverless.Learning;

namespace Serverless.Benchmarks;

/// <summary>Measures as its options say; what <c>dotnet test</c> starts, by <c>--server</c>, is for the test platform.</summary>
public static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args.Contains("--server"))
            return await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
        try
        {
            var options = BenchmarkOptions.Read(args);
            if (options.Help)
            {
                Console.WriteLine(BenchmarkOptions.Usage);
                return 0;
            }
            return options.Child is { } name ? ChildProcess.Answer(name, options) : await new Campaign(options).RunAsync(CancellationToken.None);
        }
        catch (InputError fault)
        {
            await Console.Error.WriteLineAsync(fault.Message);
            return 2;
        }
    }
}
