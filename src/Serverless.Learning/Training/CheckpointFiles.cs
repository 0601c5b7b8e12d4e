using System.Text.Json;
using Serverless.Learning.Formats;
using static TorchSharp.torch;

namespace Serverless.Learning.Training;

/// <summary>
/// A checkpoint as files in a folder: <c>weights.safetensors</c> (what trains), <c>optimizer.safetensors</c>, <c>state.json</c> (step and
/// tokens; the schedule and the position in the data follow from the step) and, of a policy whose reference was reset, <c>reference.safetensors</c>.
/// </summary>
internal static class CheckpointFiles
{
    private const int Version = 1;

    private const string ReferenceName = "reference.safetensors";

    private sealed record State(int Version, int Step, long TrainedTokens, int SkippedInARow);

    /// <param name="reference">The reference policy as <see cref="FlatParameters.Values"/> are laid out, or null for none to be kept.</param>
    public static void Save(string folder, FlatParameters parameters, IOptimiser optimiser, TrainingLoop loop, Tensor? reference = null)
    {
        Directory.CreateDirectory(folder);
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(Path.Combine(folder, "weights.safetensors"),
            parameters.Items.Select(item => KeyValuePair.Create(item.Name, item.Weight.Value.detach())));
        if (reference is not null) SafetensorsWriter.Write(Path.Combine(folder, ReferenceName), Named(reference, parameters));
        SafetensorsWriter.Write(Path.Combine(folder, "optimizer.safetensors"), optimiser.State);
        File.WriteAllBytes(Path.Combine(folder, "state.json"),
            JsonSerializer.SerializeToUtf8Bytes(new State(Version, loop.Step, loop.TrainedTokens, loop.SkippedInARow)));
    }

    /// <exception cref="InputError">The checkpoint is of another version, or does not fit the weights that train.</exception>
    public static void Restore(string folder, FlatParameters parameters, IOptimiser optimiser, TrainingLoop loop)
    {
        var state = JsonSerializer.Deserialize<State>(File.ReadAllBytes(Path.Combine(folder, "state.json")))!;
        if (state.Version != Version) throw new InputError($"state.json, Version: found {state.Version}; allowed: {Version}");
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Fill(Path.Combine(folder, "weights.safetensors"), parameters.Items.ToDictionary(item => item.Name, item => item.Weight.Value.detach()));
        Fill(Path.Combine(folder, "optimizer.safetensors"), optimiser.State);
        loop.ContinueFrom(state.Step, state.TrainedTokens, state.SkippedInARow);
    }

    /// <summary>Reads the reference policy into a tensor that is laid out as <see cref="FlatParameters.Values"/>.</summary>
    /// <exception cref="InputError">The checkpoint has none, or it does not fit the weights that train.</exception>
    public static void RestoreReference(string folder, FlatParameters parameters, Tensor reference)
    {
        var path = Path.Combine(folder, ReferenceName);
        if (!File.Exists(path)) throw new InputError($"{ReferenceName}: the file is missing, and the reference policy was reset before this step");
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Fill(path, Named(reference, parameters));
    }

    private static Dictionary<string, Tensor> Named(Tensor flat, FlatParameters parameters) =>
        parameters.Items.ToDictionary(item => item.Name, item => FlatParameters.View(flat, item).view(item.Weight.Value.shape));

    private static void Fill(string path, IReadOnlyDictionary<string, Tensor> targets)
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(path);
        foreach (var (name, target) in targets)
        {
            if (!file.Tensors.ContainsKey(name)) throw new InputError($"{Path.GetFileName(path)}: tensor {name} is missing");
            using var stored = file.Read(name);
            if (!stored.shape.SequenceEqual(target.shape))
                throw new InputError($"{Path.GetFileName(path)}, {name}: found shape [{string.Join(", ", stored.shape)}]; allowed: [{string.Join(", ", target.shape)}]");
            target.copy_(stored);
        }
    }
}
