using System.Reflection;
using System.Runtime.Loader;
using SharpFuzz;

namespace Serverless.Fuzz.Running;

/// <summary>
/// This program once more, with copies of the product's assemblies that count the branches they take (<see cref="Coverage"/>). Everything else is shared with the
/// program that loads it.
/// </summary>
internal sealed class InstrumentedProduct : AssemblyLoadContext
{
    private static readonly string[] s_product = ["Serverless.Learning", "Serverless.Service", "Serverless.Api"];

    private readonly Dictionary<string, byte[]> _copies = [];

    private InstrumentedProduct() : base(nameof(InstrumentedProduct))
    {
        var folder = Directory.CreateTempSubdirectory("serverless-fuzz-");
        try
        {
            foreach (var name in s_product)
            {
                var copy = Path.Combine(folder.FullName, name + ".dll");
                File.Copy(Path.Combine(AppContext.BaseDirectory, name + ".dll"), copy);
                // Kernels compute, they do not parse.
                _ = Fuzzer.Instrument(copy, type => !type.Contains(".Kernels.", StringComparison.Ordinal), Options.Value).Count();
                _copies[name] = File.ReadAllBytes(copy);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Runs a command line of <see cref="FuzzCommand"/> there.</summary>
    public static int Run(string[] words, TextWriter output)
    {
        Coverage.Begin();
        var program = new InstrumentedProduct().LoadFromAssemblyPath(typeof(InstrumentedProduct).Assembly.Location);
        var run = program.GetType(typeof(FuzzCommand).FullName!, throwOnError: true)!.GetMethod(nameof(FuzzCommand.Run))!;
        return (int)run.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [words, output], null)!;
    }

    protected override Assembly? Load(AssemblyName assemblyName) =>
        _copies.TryGetValue(assemblyName.Name!, out var copy) ? LoadFromStream(new MemoryStream(copy)) : null;
}
