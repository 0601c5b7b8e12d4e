using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Serverless.Api;
using Serverless.Api.Chat;
using Serverless.Api.Completions;
using Serverless.Api.Evals;
using Serverless.Api.Jobs;
using Serverless.Api.Requests;
using Serverless.Fuzz.Running;

namespace Serverless.Fuzz.Targets;

/// <summary>Bodies of requests.</summary>
internal static class RequestTargets
{
    private const string Job =
        """{"model":"sample-8m","training_file":"file-abc","validation_file":"file-def","suffix":"x","seed":7,"metadata":{"a":"b"},"budget":1.5,"method":{"type":"reinforcement","reinforcement":{"hyperparameters":{"n_epochs":"auto","batch_size":16,"learning_rate":0.001,"group_size":8,"temperature":1},"grader":{"type":"number_match","name":"r","reference":"{{item.answer}}"}},"adapter":{"type":"lora","rank":16,"alpha":32,"target_modules":"all-linear"}},"evaluation":{"graders":[{"type":"format","name":"f","builtin":"think"}]},"publish_if":{"metric":"f","minimum_gain":0.1}}""";
    private const string Dpo = """{"model":"m","training_file":"f","method":{"type":"dpo","dpo":{"hyperparameters":{"beta":0.1,"n_epochs":2}}}}""";
    private const string Distillation = """{"model":"m","training_file":"f","method":{"type":"distillation","distillation":{"teacher":"t","n":4,"temperature":0.6,"hyperparameters":{"n_epochs":1}}}}""";
    private const string Chat =
        """{"model":"m","messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":[{"type":"text","text":"x"}]}],"temperature":1,"top_p":0.9,"n":2,"seed":1,"stop":["a","b"],"logit_bias":{"5":-100},"max_completion_tokens":5,"logprobs":true,"top_logprobs":3,"stream":true,"stream_options":{"include_usage":true},"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"x":{"type":"integer"}},"required":["x"],"additionalProperties":false},"strict":true}}],"tool_choice":{"type":"function","function":{"name":"f"}}}""";
    private const string ChatSchema =
        """{"model":"m","messages":[{"role":"user","content":"Hi"}],"response_format":{"type":"json_schema","json_schema":{"name":"x","strict":true,"schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}}}""";
    private const string Completion = """{"model":"m","prompt":["a",[1,2]],"max_tokens":0,"echo":true,"logprobs":5,"n":1,"stop":"x","temperature":0}""";
    private const string Eval =
        """{"name":"e","data_source_config":{"type":"custom","item_schema":{"type":"object","properties":{"answer":{"type":"string"}}},"include_sample_schema":true},"testing_criteria":[{"type":"string_check","name":"a","operation":"eq","input":"{{sample.output_text}}","reference":"{{item.answer}}"}],"data_source":{"type":"completions","model":"m","source":{"type":"file_content","content":[{"item":{"answer":"4"},"sample":{"output_text":"4"}}]},"input_messages":{"type":"template","template":[{"role":"user","content":"{{item.answer}}"}]},"sampling_params":{"temperature":0,"max_completion_tokens":5}}}""";

    private static readonly string[] Words =
    [
        "model", "messages", "method", "type", "hyperparameters", "n_epochs", "auto", "supervised", "grader", "tools", "tool_choice", "response_format", "json_schema", "schema", "stop", "logit_bias",
        "data_source", "source", "content", "item", "metadata", "prompt", "adapter", "target_modules", "seed", "loss_type", "role", "function",
    ];

    private static readonly ApiSettings Settings = new();

    private static readonly string Form = string.Join(
        "\r\n",
        "--b", "Content-Disposition: form-data; name=\"purpose\"", "", "fine-tune",
        "--b", "Content-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"; filename*=UTF-8''b%20c.jsonl", "Content-Type: text/plain", "", "{\"x\":1}\n",
        "--b", "Content-Disposition: form-data; name=\"expires_after[seconds]\"", "", "3600", "--b--", "");

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        Json("job-request", body => JobRequestReader.Read(body), Job, Dpo, Distillation),
        Json("chat-request", body => ChatRequest.Read(body), Chat, ChatSchema),
        Json("completion-request", body => CompletionRequest.Read(body), Completion),
        Json("eval-request", ReadEval, Eval),
        new FuzzTarget("multipart", [Encoding.UTF8.GetBytes(Form)], ReadForm)
        {
            Words = ["--b\r\n", "--b--", "Content-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n", "\r\n\r\n", "filename=\"..\\..\\x\"", "filename*=UTF-8''%00", "name=\"", ";", "\""],
        },
    ];

    private static FuzzTarget Json(string name, Action<JsonElement> read, params string[] bodies) => new(name, [.. bodies.Select(Encoding.UTF8.GetBytes)], input => ReadJson(input, read))
    {
        // Schemas of answers become grammars.
        Words = Words, Bytes = 512L << 20, BytesPerByte = 20_000, Longest = TimeSpan.FromSeconds(4),
    };

    private static void ReadJson(byte[] input, Action<JsonElement> read)
    {
        var context = new DefaultHttpContext { Request = { Body = new MemoryStream(input), ContentType = "application/json" } };
        using var document = JsonBody.ReadAsync(context, Settings).GetAwaiter().GetResult();
        read(document.RootElement);
    }

    private static void ReadEval(JsonElement json)
    {
        var body = new RequestObject(json, "");
        _ = body.String("name");
        EvalReader.DataSourceConfig(body);
        EvalReader.TestingCriteria(body);
        JobRequestReader.ReadMetadata(body);
        EvalRunReader.Read(body);
    }

    private static void ReadForm(byte[] input)
    {
        var context = new DefaultHttpContext { Request = { Body = new MemoryStream(input), ContentType = "multipart/form-data; boundary=b" } };
        var form = MultipartForm.OpenAsync(context, "file").GetAwaiter().GetResult();
        if (!MultipartForm.IsFileName(form.FileName) || form.FileName.AsSpan().ContainsAny('/', '\\', '\0'))
            throw new InvalidOperationException($"took the file name {form.FileName}");
        try
        {
            form.File.CopyToAsync(Stream.Null).GetAwaiter().GetResult();
        }
        catch (Exception fault) when (MultipartForm.IsBroken(fault))
        {
            throw MultipartForm.Broken(fault);
        }
        form.ReadRestAsync(default).GetAwaiter().GetResult();
    }
}
