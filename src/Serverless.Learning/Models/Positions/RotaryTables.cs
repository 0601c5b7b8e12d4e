namespace Serverless.Learning.Models.Positions;

/// <summary>The rotary positions of a decoder's layers: those that attend to everything, and those that attend through a sliding window. Owns them.</summary>
public sealed class RotaryTables : IDisposable
{
    private readonly RotaryTable? local;

    public RotaryTables(DecoderConfig config)
    {
        Full = new RotaryTable(config.Rotary, config.MaxLength);
        local = config.LocalRotary is { } settings ? new RotaryTable(settings, config.MaxLength) : null;
    }

    public RotaryTable Full { get; }

    /// <summary><see cref="Full"/> itself, unless the family gives its sliding layers positions of their own, as Gemma 3 does.</summary>
    public RotaryTable Local => local ?? Full;

    public void Dispose()
    {
        Full.Dispose();
        local?.Dispose();
    }
}
