using System.Text.Json;
using Serverless.Learning.Adapters;
using Serverless.Learning.Text;

namespace Serverless.Learning.Models;

/// <summary>A model folder, loaded: the decoder, its tokenizer, its chat template. What trains, evaluates and serves is this one thing.</summary>
public sealed class LanguageModel : IDisposable
{
    private LanguageModel(string folder, Decoder decoder, Tokenizer tokenizer, ChatTemplate template)
    {
        Folder = folder;
        Decoder = decoder;
        Tokenizer = tokenizer;
        Chat = new ChatEncoder(tokenizer, template);
        Opening = TextOpening.Read(folder, tokenizer);
        StopIds = ReadStopIds(folder, decoder.Config, Chat.EndOfTurnId);
    }

    private LanguageModel(LanguageModel whole, Decoder decoder, LoraAdapter? adapter)
    {
        (Folder, Decoder, Tokenizer, Chat) = (whole.Folder, decoder, whole.Tokenizer, whole.Chat);
        (Opening, StopIds) = (whole.Opening, whole.StopIds);
        Adapter = adapter;
    }

    public string Folder { get; }

    /// <summary>What <see cref="WithAdapter"/> put on; null where this model is whole.</summary>
    internal LoraAdapter? Adapter { get; }

    public Decoder Decoder { get; }

    public Tokenizer Tokenizer { get; }

    /// <summary>The one path from messages to token ids, shared by training and serving.</summary>
    public ChatEncoder Chat { get; }

    /// <summary>The longest sequence, in tokens.</summary>
    public int MaxLength => Decoder.Config.MaxLength;

    /// <summary>The tokens that stand before a text which no chat template renders; empty for most models.</summary>
    public IReadOnlyList<int> Opening { get; }

    /// <summary>Tokens that end an answer: those of generation_config.json and config.json, and the one that ends a turn in the chat template.</summary>
    public IReadOnlySet<int> StopIds { get; }

    /// <param name="context">The longest sequence that will be run; see <see cref="DecoderConfig.Load"/>.</param>
    /// <param name="storage">How the matrices stand in memory; see <see cref="Decoder.Load"/>.</param>
    /// <exception cref="InputError">A part of the folder is missing, broken or not supported; the text parts are checked before any tensor.</exception>
    public static LanguageModel Load(string folder, int? context = null, MatrixStorage storage = MatrixStorage.Float32)
    {
        var tokenizer = Tokenizer.Load(Path.Combine(folder, "tokenizer.json"));
        var template = ChatTemplate.Load(folder);
        return new LanguageModel(folder, Decoder.Load(folder, context, storage), tokenizer, template);
    }

    /// <summary>
    /// Another model over this one's weights, which may have an adapter wrapped around it and trained while others do the same: see
    /// <see cref="Decoder.Beside"/>. This one must stay for longer.
    /// </summary>
    public LanguageModel Beside() => new(this, Decoder.Beside(), null);

    /// <summary>
    /// This model with an adapter on, beside it and over the same weights: see <see cref="Decoder.Beside"/>. This one must stay for longer.
    /// </summary>
    /// <param name="adapterFolder">A folder in PEFT's layout.</param>
    /// <exception cref="InputError">The folder is no adapter that is supported, or none of this model's.</exception>
    public LanguageModel WithAdapter(string adapterFolder)
    {
        var beside = Decoder.Beside();
        return new LanguageModel(this, beside, LoraAdapter.Load(beside, adapterFolder));
    }

    public void Dispose()
    {
        Adapter?.Dispose();
        Decoder.Dispose();
    }

    private static HashSet<int> ReadStopIds(string folder, DecoderConfig config, int? endOfTurn)
    {
        var ids = config.EndIds.ToHashSet();
        if (endOfTurn is { } turn) ids.Add(turn);
        var path = Path.Combine(folder, "generation_config.json");
        if (!File.Exists(path)) return ids;
        using var document = StrictJson.Parse(File.ReadAllBytes(path));
        if (!document.RootElement.TryGetProperty("eos_token_id", out var end)) return ids;
        ids.UnionWith((end.ValueKind == JsonValueKind.Array ? [.. end.EnumerateArray()] : new[] { end })
            .Where(id => id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out _)).Select(id => id.GetInt32()));
        return ids;
    }
}
