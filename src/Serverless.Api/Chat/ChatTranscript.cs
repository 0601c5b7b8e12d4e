using System.Text;
using Serverless.Api.Sampling;
using Serverless.Api.Wire;
using Serverless.Learning.Sampling;
using Serverless.Service.Inference;

namespace Serverless.Api.Chat;

/// <summary>One answer, put together from its pieces.</summary>
/// <param name="namesTool">Whether the request names the tool to call: such an answer ends with <c>stop</c>.</param>
internal sealed class ChatTranscript(bool namesTool)
{
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _reasoning = new();
    private readonly List<ToolCallObject> _calls = [];
    private readonly List<TokenScores> _scores = [];

    /// <summary>Empty where none were asked for.</summary>
    public IReadOnlyList<TokenScores> Scores => _scores;

    /// <summary>Valid after the last piece.</summary>
    public string FinishReason { get; private set; } = "";

    public ChatAnswerObject Message => new(_text.Length == 0 && _calls.Count > 0 ? null : _text.ToString())
    {
        ReasoningContent = _reasoning.Length > 0 ? _reasoning.ToString() : null,
        ToolCalls = _calls.Count > 0 ? _calls : null,
    };

    public void Add(ChatPiece piece)
    {
        foreach (var part in piece.Parts)
        {
            _text.Append(part.Content);
            _reasoning.Append(part.Reasoning);
            if (part.Call is { } call)
                _calls.Add(ToolCallObject.Of(new FunctionCallObject(call.Name, call.Arguments)));
        }

        if (piece.Scores is { } scores)
            _scores.Add(scores);
        if (piece.Finish is { } finish)
            FinishReason = FinishReasons.TextOf(finish, piece.HasCalls && !namesTool);
    }
}
