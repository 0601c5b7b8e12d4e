using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Serverless.Learning;
using Serverless.Learning.Text;
using Serverless.Service.Network;

namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>
/// A teacher behind OpenAI's chat completions. Each answer is a request of its own (not every server knows <c>n</c>), a few at a time; what
/// a server does not say, such as a seed that it leaves unused, cannot be seen from here.
/// </summary>
internal sealed class EndpointTeacher(TeacherEndpoint endpoint, HttpClient http, KnownSecrets secrets) : ITeacher
{
    private const int QuotedCharacters = 300;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    public string Name => endpoint.Name;

    /// <summary>One round of requests, so that a block takes no longer than the longest answer.</summary>
    public int Together => 16;

    public async Task<IReadOnlyList<IReadOnlyList<TeacherReply>>> AnswerAsync(
        IReadOnlyList<TeacherPrompt> prompts, TeacherSampling sampling, CancellationToken ct)
    {
        var replies = new TeacherReply[prompts.Count * sampling.Samples];
        await Parallel.ForAsync(0, replies.Length, new ParallelOptions { MaxDegreeOfParallelism = Together, CancellationToken = ct }, async (at, stop) =>
            replies[at] = await AskAsync(prompts[at / sampling.Samples], at % sampling.Samples, sampling, stop));
        return replies.Chunk(sampling.Samples).ToList();
    }

    private async Task<TeacherReply> AskAsync(TeacherPrompt prompt, int sample, TeacherSampling sampling, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{endpoint.BaseUrl.AbsoluteUri.TrimEnd('/')}/chat/completions")
        {
            Content = new StringContent(Body(prompt, sample, sampling).ToJsonString(), Encoding.UTF8, "application/json"),
        };
        if (endpoint.Key is { } key)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Longest);
        try
        {
            using var response = await http.SendAsync(request, limit.Token);
            var content = await response.Content.ReadAsStringAsync(limit.Token);
            return response.IsSuccessStatusCode ? ChatReply.Read(content, endpoint, secrets) : Refused(response.StatusCode, content);
        }
        catch (OutboundRefusedException fault)
        {
            throw new InputError($"the teacher {endpoint} is not called: {fault.Message}", "method", "teacher_refused", fault);
        }
        catch (HttpRequestException fault)
        {
            throw new TeacherAwayException($"the teacher {endpoint} cannot be reached: {fault.Message}", fault);
        }
        catch (OperationCanceledException fault) when (!ct.IsCancellationRequested)
        {
            throw new TeacherAwayException($"the teacher {endpoint} gave no answer within {Longest.TotalMinutes:0} minutes", fault);
        }
    }

    private JsonObject Body(TeacherPrompt prompt, int sample, TeacherSampling sampling)
    {
        var body = Body(prompt.Messages, sampling);
        // Another one for each answer, so that a server that knows seeds does not repeat itself.
        body["seed"] = (sampling.Seed + ((long)prompt.Number * sampling.Samples) + sample) % int.MaxValue;
        if (prompt.Tools is { } tools)
            body["tools"] = JsonArray.Create(tools);
        return body;
    }

    private JsonObject Body(IReadOnlyList<ChatMessage> messages, TeacherSampling sampling) => new()
    {
        ["model"] = endpoint.Model,
        ["messages"] = new JsonArray([.. messages.Select(message => (JsonNode)TaughtExample.Message(message))]),
        ["temperature"] = sampling.Temperature,
        ["top_p"] = sampling.TopP,
        ["max_tokens"] = sampling.MaxTokens,
    };

    /// <summary>What a refusal means: of this prompt, of all of them, or for now only.</summary>
    private TeacherReply Refused(HttpStatusCode status, string content)
    {
        var said = string.Create(CultureInfo.InvariantCulture, $"the teacher {endpoint} answered {(int)status}: {ChatReply.ErrorIn(content, QuotedCharacters, secrets)}");
        return (int)status switch
        {
            400 or 413 or 422 => TeacherReply.Failed(said),
            408 or 425 or 429 or >= 500 => throw new TeacherAwayException(said),
            _ => throw new InputError(said, "method", "teacher_refused"),
        };
    }
}
