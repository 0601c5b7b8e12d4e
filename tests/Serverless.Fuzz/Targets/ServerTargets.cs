using System.Text;
using Serverless.Fuzz.Running;
using Serverless.Service.Models.Adding;
using Serverless.Service.Models.Hub;
using Serverless.Service.Network;
using Serverless.Service.Pipeline.FineTuning.Teaching;

namespace Serverless.Fuzz.Targets;

/// <summary>What servers answer that this service calls: the hub and teachers.</summary>
internal static class ServerTargets
{
    private const string Model =
        """{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[{"rfilename":"config.json","size":12,"blobId":"ab"},{"rfilename":"model.safetensors","size":134,"lfs":{"size":3400,"sha256":"cd"}}]}""";
    private const string Answer =
        """{"id":"a","choices":[{"index":0,"message":{"role":"assistant","content":"Four \ud83d\ude00","reasoning_content":"2 + 2"},"finish_reason":"stop"}],"usage":{"total_tokens":3}}""";
    private const string Refusal = """{"error":{"message":"you sent sk-0123456789abcdef","type":"invalid_request_error","code":401}}""";

    private static readonly TeacherEndpoint Teacher = new("far", new Uri("https://example.com/v1"), "big", "sk-0123456789abcdef");
    private static readonly KnownSecrets Secrets = new([Teacher.Key]);

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new FuzzTarget("hub-description", [Encoding.UTF8.GetBytes(Model)], Describe) { Words = ["size", "rfilename", "lfs", "sha256", "blobId", "siblings", "1.5", "-1", "1e400", "null", "../", "\\ud800"] },
        new FuzzTarget("teacher-answer", [Encoding.UTF8.GetBytes(Answer), Encoding.UTF8.GetBytes(Refusal)], Read) { Words = ["choices", "message", "content", "error", "null", "[]", "\\ud800", "sk-0123456789abcdef"] },
    ];

    private static void Describe(byte[] input)
    {
        var model = HubDescription.Read("org/model", input);
        _ = model.IsAdapter;
        _ = model.Files.Sum(file => file.Bytes);
        _ = model.Files.Count(file => ModelChoice.IsTaken(file.Path, model.IsAdapter));
    }

    private static void Read(byte[] input)
    {
        var json = Encoding.UTF8.GetString(input);
        var told = ChatReply.ErrorIn(json, 300, Secrets);
        try
        {
            told += ChatReply.Read(json, Teacher, Secrets).Text;
        }
        catch (TeacherAwayException fault)
        {
            // That is how an answer is refused, since another may come.
            told += fault.Message;
        }
        if (told.Contains(Teacher.Key!, StringComparison.OrdinalIgnoreCase))
            throw new InvalidOperationException($"the key is told: {told}");
    }
}
