namespace Serverless.Learning.Formats;

/// <summary>
/// What the modules of a text model are called inside one that sees as well. Everywhere else they have the names that a text model alone gives
/// them, such as <c>model.layers.0.mlp.up_proj</c>.
/// </summary>
internal static class TextModelNames
{
    private const string Model = "model.", Older = "language_model.", Newer = "model.language_model.";

    /// <summary>The name in a text model alone; null for what belongs to the other's sight.</summary>
    public static string? Alone(string name)
    {
        var path = name.StartsWith(Model, StringComparison.Ordinal) ? name[Model.Length..] : name;
        if (path.StartsWith("vision_tower.", StringComparison.Ordinal) || path.StartsWith("multi_modal_projector.", StringComparison.Ordinal))
            return null;
        return SpellingOf(name) switch
        {
            TextModelSpelling.Older => name[Older.Length..],
            TextModelSpelling.Newer => Model + name[Newer.Length..],
            _ => name,
        };
    }

    /// <summary>How a name is spelled, as far as it shows.</summary>
    public static TextModelSpelling SpellingOf(string name) =>
        name.StartsWith(Older, StringComparison.Ordinal) ? TextModelSpelling.Older
        : name.StartsWith(Newer, StringComparison.Ordinal) ? TextModelSpelling.Newer
        : TextModelSpelling.Alone;

    /// <summary>The reverse of <see cref="Alone"/> for modules inside the text model, whose names begin with <c>model.</c>.</summary>
    public static string Spell(string alone, TextModelSpelling spelling) => spelling switch
    {
        TextModelSpelling.Older => Older + alone,
        TextModelSpelling.Newer when alone.StartsWith(Model, StringComparison.Ordinal) => Newer + alone[Model.Length..],
        _ => alone,
    };
}
