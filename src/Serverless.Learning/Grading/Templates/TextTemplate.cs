using System.Text;
using Serverless.Learning.Data;

namespace Serverless.Learning.Grading.Templates;

/// <summary>
/// A text with places for values, <c>{{item.answer}}</c> or <c>{{ sample.output_json.steps[0] }}</c>. A string stands there as it is; every other
/// value as JSON.
/// </summary>
internal sealed class TextTemplate
{
    private readonly IReadOnlyList<object> _parts;

    private TextTemplate(IReadOnlyList<object> parts) => _parts = parts;

    /// <summary>The first-level keys of the item that are named, each once.</summary>
    public IReadOnlyList<string> ItemKeys =>
        [.. _parts.OfType<TemplateReference>().Where(part => part.Source == TemplateSource.Item).Select(part => part.Steps[0].Key!).Distinct()];

    /// <summary>Parses a text; null with a fault listed, with its position, if it is no template.</summary>
    public static TextTemplate? Parse(string text, JsonPlace place)
    {
        var parts = new List<object>();
        for (var position = 0; position < text.Length;)
        {
            var open = text.IndexOf("{{", position, StringComparison.Ordinal);
            if (open != position)
                parts.Add(open < 0 ? text[position..] : text[position..open]);
            if (open < 0)
                break;
            try
            {
                var parser = new TemplateParser(text, open + 2);
                parts.Add(parser.Read());
                position = parser.Position;
            }
            catch (TemplateError error)
            {
                place.Fault($"position {error.Position + 1}: {error.Message}");
                return null;
            }
        }
        return new TextTemplate(parts);
    }

    /// <summary>The text with its values; false with the fault if a value is not there.</summary>
    public bool TryRender(GradingContext context, string field, out string text, out GradeFault? fault)
    {
        (text, fault) = ("", null);
        var builder = new StringBuilder();
        foreach (var part in _parts)
        {
            if (part is not TemplateReference reference)
                builder.Append((string)part);
            else if (reference.TryResolve(context, out var value, out var kind))
                builder.Append(value);
            else
            {
                fault = new GradeFault(kind, $"{field}: {{{{{reference.Text}}}}}: {value}");
                return false;
            }
        }
        text = builder.ToString();
        return true;
    }
}
