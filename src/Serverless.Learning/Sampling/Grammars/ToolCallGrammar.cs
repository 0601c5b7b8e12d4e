using System.Text;
using System.Text.Json;
using Serverless.Learning.Text;
using Serverless.Learning.Text.ToolCalls;

namespace Serverless.Learning.Sampling.Grammars;

/// <summary>
/// The grammar of tool calls in a model's own format. Arguments are kept to the schema where it is in the subset that <see cref="JsonSchemaCompiler"/>
/// knows, which strict tools demand; otherwise to any JSON object.
/// </summary>
internal sealed class ToolCallGrammar(ToolCallFormat format, Tokenizer tokenizer)
{
    private readonly GrammarBuilder _builder = new();

    public Grammar Build(IReadOnlyList<ToolDefinition> tools, bool several)
    {
        var json = new JsonRules(_builder);
        var call = _builder.NewRule();
        _builder.Define(call, _builder.Choice([.. tools.Select(tool => CallOf(tool, json))]));
        var root = _builder.NewRule();
        _builder.Define(root, json.Opening(format.IsArray
            ? json.Array(tail => _builder.Call(call, tail), 1, several ? null : 1, GrammarBuilder.End)
            : _builder.Call(call, After(call, several))));
        return _builder.Build(root) ?? throw new InvalidOperationException("a tool call cannot be endless");
    }

    private int After(int call, bool several)
    {
        var end = format.Closing.Length > 0 ? _builder.Choice(GrammarBuilder.End, Text(format.Closing, GrammarBuilder.End)) : GrammarBuilder.End;
        return several && format.Between is { Length: > 0 } between ? _builder.Repeat(tail => Text(between, _builder.Call(call, tail)), end) : end;
    }

    private int CallOf(ToolDefinition tool, JsonRules json)
    {
        if (format.ArgumentsKey is not { } arguments)
            return _builder.Literal(Encoding.UTF8.GetBytes(tool.Name), Text(format.Separator, Arguments(tool, json, GrammarBuilder.End)));
        var end = json.Space(_builder.Literal("}"u8, GrammarBuilder.End));
        return _builder.Literal("{"u8, json.Space(Member("name", json.Constant(JsonSerializer.SerializeToElement(tool.Name),
            json.Space(_builder.Literal(","u8, json.Space(Member(arguments, Arguments(tool, json, end)))))))));

        int Member(string key, int value) => json.Constant(JsonSerializer.SerializeToElement(key), json.Space(_builder.Literal(":"u8, json.Space(value))));
    }

    private int Arguments(ToolDefinition tool, JsonRules json, int next)
    {
        if (tool.Parameters is not { } schema) return json.AnyObject(next);
        try
        {
            Grammar.FromSchema(schema, tool.Strict, tool.Subject, tool.Place);
        }
        catch (InputError) when (!tool.Strict)
        {
            return json.AnyObject(next);
        }
        return JsonSchemaCompiler.Embed(schema, tool.Strict, _builder, json, next);
    }

    /// <summary>A text of the template's, in which the special tokens are the tokens themselves.</summary>
    private int Text(string text, int next) => _builder.Literal(TokenMarks.OfText(tokenizer, text), next);
}
