using System.Globalization;
using Serverless.Tests.Heads;

namespace Serverless.Load.Running;

/// <summary>
/// How many tensors a head holds, as TorchSharp counts them: made and neither disposed nor finalised. This assembly's <see cref="StartupHook"/>, which the
/// runtime calls in the head before its program, writes the number into a file again and again.
/// </summary>
internal sealed class TensorCount
{
    private readonly string _file;

    private TensorCount(string file) => _file = file;

    /// <summary>Has heads of the place tell it.</summary>
    public static TensorCount Of(HeadPlace place)
    {
        var file = Path.Combine(place.Folder, "tensors");
        place.Variables["DOTNET_STARTUP_HOOKS"] = typeof(TensorCount).Assembly.Location;
        place.Variables[StartupHook.Variable] = file;
        return new TensorCount(file);
    }

    /// <summary>The number once it has come to rest: what a job that has ended held is let go by threads of their own.</summary>
    public async Task<long> ReadAsync(CancellationToken ct)
    {
        for (var last = -1L; ;)
        {
            File.Delete(_file);
            while (!File.Exists(_file)) await Task.Delay(StartupHook.Pause, ct);
            var now = long.Parse(await File.ReadAllTextAsync(_file, ct), CultureInfo.InvariantCulture);
            if (now == last) return now;
            last = now;
            await Task.Delay(5 * StartupHook.Pause, ct);
        }
    }
}
