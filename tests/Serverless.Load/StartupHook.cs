using System.Globalization;
using System.Reflection;

/// <summary>
/// Called by the runtime of a head under load (<c>DOTNET_STARTUP_HOOKS</c>; the name, outside of any namespace, is the runtime's). Uses nothing but
/// the runtime's own assemblies, and loads none that the head has not loaded by itself.
/// </summary>
internal static class StartupHook
{
    /// <summary>Names the file that the number of tensors is written to.</summary>
    public const string Variable = "SERVERLESS_LOAD_TENSORS";

    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { } file)
            new Thread(() => Write(file)) { IsBackground = true, Name = "tensor count" }.Start();
    }

    private static void Write(string file)
    {
        while (true)
        {
            Thread.Sleep(Pause);
            // Deleted by whoever wants to know.
            if (File.Exists(file) || Count() is not { } count) continue;
            File.WriteAllText(file + ".new", count.ToString(CultureInfo.InvariantCulture));
            File.Move(file + ".new", file);
        }
    }

    private static long? Count()
    {
        var tensors = AppDomain.CurrentDomain.GetAssemblies().FirstOrDefault(assembly => assembly.GetName().Name == "TorchSharp")?.GetType("TorchSharp.torch+Tensor", throwOnError: true);
        if (tensors is null) return null;
        var total = tensors.GetProperty("TotalCount", BindingFlags.Public | BindingFlags.Static) ?? throw new InvalidOperationException("TorchSharp counts no tensors.");
        return (long)total.GetValue(null)!;
    }
}
