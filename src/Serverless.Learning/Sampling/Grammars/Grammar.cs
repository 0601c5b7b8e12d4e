using System.Collections.Concurrent;
using System.Text.Json;
using Serverless.Learning.Text;
using Serverless.Learning.Text.ToolCalls;

namespace Serverless.Learning.Sampling.Grammars;

/// <summary>
/// What an answer may be: a context-free grammar over bytes of UTF-8. Compiled once, used by any number of answers and models. Immutable.
/// </summary>
public sealed class Grammar
{
    /// <summary>How deep rules may call each other; below the 64 levels at which common readers of JSON stop.</summary>
    internal const int MaxDepth = 48;

    private const int MaxKept = 64;
    private static readonly ConcurrentDictionary<(bool Strict, string Schema), Grammar> Lately = new();

    internal Grammar(GrammarNode[] nodes, int[] rules, int[] heights, int root)
    {
        (Nodes, Rules, Heights, Root) = (nodes, rules, heights, root);
    }

    /// <summary>Any JSON object.</summary>
    public static Grammar JsonObject { get; } = BuildJsonObject();

    internal IReadOnlyList<GrammarNode> Nodes { get; }

    /// <summary>The first node of each rule.</summary>
    internal IReadOnlyList<int> Rules { get; }

    /// <summary>How many calls deep each node's shallowest way to the end of its rule is.</summary>
    internal IReadOnlyList<int> Heights { get; }

    internal int Root { get; }

    /// <summary>JSON that fits a schema, in the subset that OpenAI documents for structured outputs; see <see cref="JsonSchemaCompiler"/>.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="strict">Whether OpenAI's demands on strict schemas hold: every property required, no others allowed.</param>
    /// <param name="subject">What errors call the schema, such as <c>response_format 'answer'</c>.</param>
    /// <param name="parameter">The request parameter that errors name.</param>
    /// <exception cref="InputError">The schema is not in the subset; place and keyword are named.</exception>
    /// <remarks>Schemas that were compiled lately are not compiled again, and what answers have found out about them is kept.</remarks>
    public static Grammar FromSchema(JsonElement schema, bool strict, string subject, string parameter)
    {
        var key = (strict, schema.GetRawText());
        if (Lately.TryGetValue(key, out var known)) return known;
        var compiled = new JsonSchemaCompiler(schema, strict, subject, parameter).Compile();
        if (Lately.Count >= MaxKept) Lately.Clear();
        return Lately.GetOrAdd(key, compiled);
    }

    /// <summary>Calls of tools as a model writes them, from after the text that opens them to the end of the answer.</summary>
    /// <param name="several">Whether more than one call may come.</param>
    /// <exception cref="InputError">The parameters of a strict tool are not in the subset.</exception>
    public static Grammar OfToolCalls(ToolCallFormat format, IReadOnlyList<ToolDefinition> tools, bool several, Tokenizer tokenizer) =>
        new ToolCallGrammar(format, tokenizer).Build(tools, several);

    /// <summary>An answer of one grammar, or a text and then one of another: JSON, or calls of tools after what opens them.</summary>
    /// <param name="opening">A text of the chat template's, in which special tokens are the tokens themselves.</param>
    /// <exception cref="InputError">The vocabulary cannot write the opening.</exception>
    public static Grammar Either(Grammar answer, string opening, Grammar calls, Tokenizer tokenizer)
    {
        var (shift, ruleShift) = (answer.Nodes.Count, answer.Rules.Count);
        var nodes = new List<GrammarNode>([.. answer.Nodes, .. calls.Nodes.Select(node => node switch
        {
            GrammarNode.Bytes bytes => bytes with { Next = Moved(bytes.Next) },
            GrammarNode.Choice choice => new GrammarNode.Choice([.. choice.Alternatives.Select(Moved)]),
            GrammarNode.Call call => new GrammarNode.Call(call.Rule + ruleShift, Moved(call.Next)),
            _ => node,
        })]);
        var next = Moved(calls.Rules[calls.Root]);
        foreach (var value in TokenMarks.OfText(tokenizer, opening).AsEnumerable().Reverse())
        {
            nodes.Add(new GrammarNode.Bytes(ByteSet.Range(value, value), next));
            next = nodes.Count - 1;
        }
        nodes.Add(new GrammarNode.Choice([answer.Rules[answer.Root], next]));
        int[] rules = [.. answer.Rules, .. calls.Rules.Select(Moved), nodes.Count - 1];
        return new Grammar([.. nodes], rules, NodeHeights.Of(nodes, rules), rules.Length - 1);

        int Moved(int node) => node == GrammarBuilder.End ? node : node + shift;
    }

    private static Grammar BuildJsonObject()
    {
        var builder = new GrammarBuilder();
        var rules = new JsonRules(builder);
        var root = builder.NewRule();
        builder.Define(root, rules.Opening(rules.AnyObject(GrammarBuilder.End)));
        return builder.Build(root)!;
    }
}
