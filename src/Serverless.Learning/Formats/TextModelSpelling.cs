namespace Serverless.Learning.Formats;

/// <summary>Where a folder's text model stands among the names of its tensors.</summary>
public enum TextModelSpelling
{
    /// <summary>It is all of the model: <c>model.layers…</c></summary>
    Alone,

    /// <summary>Beside sight, as transformers wrote Gemma 3 up to 4.51: <c>language_model.model.layers…</c></summary>
    Older,

    /// <summary>Beside sight, as it writes it since: <c>model.language_model.layers…</c></summary>
    Newer,
}
