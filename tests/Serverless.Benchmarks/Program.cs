using Serverless.Benchmarks;
using Serverless.Learning;

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
    Console.Error.WriteLine(fault.Message);
    return 2;
}
