using Serverless.Learning.Adapters;
using Serverless.Service.Jobs;
using static Serverless.Api.Tests.Jobs.JobRequestJson;

namespace Serverless.Api.Tests.Jobs;

public sealed class JobRequestReaderTests
{
    [Fact]
    public void A_request_with_nothing_but_model_and_file_leaves_all_else_to_the_service()
    {
        var request = Read("""{"model": "m", "training_file": "file-1"}""");

        Assert.Equal("m", request.Model.Value);
        Assert.Equal("file-1", request.TrainingFile.Value);
        Assert.Null(request.ValidationFile);
        Assert.Null(request.Suffix);
        Assert.Null(request.Seed);
        Assert.Equal(new Hyperparameters(), request.Method.Hyperparameters);
        Assert.Equal(new AdapterRequest(), request.Adapter);
        Assert.Empty(request.Metadata);
    }

    [Fact]
    public void Every_field_arrives()
    {
        var request = Read("""
            {"model": "m", "training_file": "file-1", "validation_file": "file-2", "suffix": "my-Model.1", "seed": 2147483647,
             "metadata": {"team": "red", "empty": ""}, "integrations": [],
             "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3, "batch_size": 256, "learning_rate": 0.001, "weight_decay": 0, "max_sequence_length": 512, "gradient_checkpointing": true}},
                        "adapter": {"type": "lora", "rank": 8, "alpha": 16, "dropout": 0.1, "target_modules": ["q_proj", "v_proj"],
                                    "use_dora": true, "use_rslora": false}}}
            """);

        Assert.Equal("file-2", request.ValidationFile!.Value.Value);
        Assert.Equal("my-Model.1", request.Suffix);
        Assert.Equal(2147483647, request.Seed);
        Assert.Equal("red", request.Metadata["team"]);
        Assert.Equal("", request.Metadata["empty"]);
        Assert.Equal(MethodType.Supervised, request.Method.Type);
        Assert.Equal(new Hyperparameters { Epochs = 3, BatchSize = 256, LearningRate = 0.001, WeightDecay = 0, MaxSequenceLength = 512, GradientCheckpointing = true }, request.Method.Hyperparameters);
        Assert.Equal(AdapterKind.Lora, request.Adapter.Type);
        Assert.Equal(8, request.Adapter.Rank);
        Assert.Equal(16, request.Adapter.Alpha);
        Assert.Equal(0.1, request.Adapter.Dropout);
        Assert.Equal(["q_proj", "v_proj"], request.Adapter.TargetModules!.Value);
        Assert.True(request.Adapter.WeightDecomposed);
        Assert.False(request.Adapter.RankStabilized);
    }

    [Theory]
    [InlineData("0.3", 0.3)]
    [InlineData("2", 2.0)]
    [InlineData("\"auto\"", null)]
    public void Preferences_take_a_beta(string beta, double? expected)
    {
        var request = Read(With($"\"method\": {{\"type\": \"dpo\", \"dpo\": {{\"hyperparameters\": {{\"n_epochs\": 2, \"beta\": {beta}}}}}}}"));

        Assert.Equal(MethodType.Dpo, request.Method.Type);
        Assert.Equal(new Hyperparameters { Epochs = 2, Beta = expected }, request.Method.Hyperparameters);
    }

    [Theory]
    [InlineData("supervised")]
    [InlineData("pretraining")]
    public void Examples_may_be_cut_off_at_their_end(string type)
    {
        var request = Read(With($$$$"""
            "method": {"type": "{{{{type}}}}", "{{{{type}}}}": {"hyperparameters": {"truncate": "end"}}}
            """));
        Assert.Equal(new Hyperparameters { TruncatesEnd = true }, request.Method.Hyperparameters);
    }

    [Theory]
    [InlineData("dpo", "")]
    [InlineData("distillation", "\"teacher\": \"r1\", ")]
    [InlineData("reinforcement", "")]
    public void Answers_and_prompts_are_not_cut_off(string type, string fields) => Refused(
        With("\"method\": {\"type\": \"" + type + "\", \"" + type + "\": {" + fields + "\"hyperparameters\": {\"truncate\": \"end\"}}}"),
        $"'method.{type}.hyperparameters.truncate' cuts examples of supervised training and of pretraining; found method '{type}', whose answers or prompts would lose their ends: "
            + "leave it out, and shorten the examples that are refused.",
        $"method.{type}.hyperparameters.truncate");

    [Fact]
    public void Nothing_is_cut_off_elsewhere_than_at_the_end() => Refused(
        With("\"method\": {\"type\": \"supervised\", \"supervised\": {\"hyperparameters\": {\"truncate\": \"start\"}}}"), "Invalid value: 'start'. Supported values are: 'end'.",
        "method.supervised.hyperparameters.truncate");

    [Fact]
    public void What_the_model_is_written_in_and_which_checkpoint_becomes_it_are_read_and_shown_on_the_job()
    {
        var request = Read(With("\"merge_dtype\": \"f32\", \"method\": {\"type\": \"supervised\", \"supervised\": {\"hyperparameters\": {\"publish\": \"best\"}}}"));
        Assert.Equal((MergeDtype.F32, PublishedCheckpoint.Best), (request.MergeDtype, request.Method.Hyperparameters.Publish));
        Assert.Equal((null, null), (Read(With("\"seed\": 1")).MergeDtype, Read(With("\"seed\": 1")).Method.Hyperparameters.Publish));
        Refused(With("\"merge_dtype\": \"f16\""), "Invalid value: 'f16'. Supported values are: 'bf16' and 'f32'.", "merge_dtype");
        Refused(
            With("\"method\": {\"type\": \"supervised\", \"supervised\": {\"hyperparameters\": {\"publish\": \"first\"}}}"), "Invalid value: 'first'. Supported values are: 'best' and 'last'.",
            "method.supervised.hyperparameters.publish");
    }

    [Fact]
    public void Evaluations_left_to_the_service_are_asked_for_as_nothing() =>
        Assert.Equal(new PolicyRequest(), Read(With(Reinforcement("\"eval_interval\": \"auto\", \"eval_samples\": \"auto\""))).Method.Policy);

    [Fact]
    public void Distillation_takes_a_teacher_how_it_answers_and_what_passes()
    {
        var request = Read(With(Distillation("\"teacher\": \"r1\", \"n\": 4, \"temperature\": 0.6, \"top_p\": 0.95, \"max_completion_tokens\": 2000, \"pass_threshold\": 0.5, "
            + "\"grader\": {\"type\": \"format\", \"name\": \"thinks\", \"input\": \"{{sample.output_text}}\", \"builtin\": \"think\"}, \"hyperparameters\": {\"n_epochs\": 2}")));

        Assert.Equal((MethodType.Distillation, 2), (request.Method.Type, request.Method.Hyperparameters.Epochs));
        Assert.Equal("format", request.Method.Grader!.Value.GetProperty("type").GetString());
        Assert.Equal(
            new DistillationRequest { Teacher = "r1", Samples = 4, Temperature = 0.6, TopP = 0.95, MaxAnswerTokens = 2000, PassThreshold = 0.5 }, request.Method.Distillation);
        Assert.Equal(new DistillationRequest { Teacher = "r1" }, Read(With(Distillation("\"teacher\": \"r1\""))).Method.Distillation);
    }

    [Theory]
    [InlineData("\"n\": 2", "Missing required parameter: 'method.distillation.teacher'.", "teacher")]
    [InlineData("\"teacher\": \"r1\", \"n\": 0", "Invalid 'method.distillation.n': integer below minimum value. Expected a value >= 1, but got 0 instead.", "n")]
    [InlineData("\"teacher\": \"r1\", \"temperature\": 3", "Invalid 'method.distillation.temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.", "temperature")]
    [InlineData("\"teacher\": \"r1\", \"pass_threshold\": 1",
        "'method.distillation.pass_threshold' belongs to a grader: give one in 'method.distillation.grader', or leave it out.", "pass_threshold")]
    [InlineData("\"teacher\": \"r1\", \"tools\": []",
        "Unknown parameter: 'method.distillation.tools'. Known there are: 'teacher', 'n', 'temperature', 'top_p', 'max_completion_tokens', 'grader', 'pass_threshold', and 'hyperparameters'.", "tools")]
    public void A_wrong_field_of_distillation_is_refused(string fields, string message, string name) =>
        Refused(With(Distillation(fields)), message, $"method.distillation.{name}");

    private static string Distillation(string fields) => "\"method\": {\"type\": \"distillation\", \"distillation\": {" + fields + "}}";

    [Fact]
    public void Pretraining_is_a_method_with_the_hyperparameters_of_all()
    {
        var request = Read(With("\"method\": {\"type\": \"pretraining\", \"pretraining\": {\"hyperparameters\": {\"max_sequence_length\": 256}}}"));

        Assert.Equal(MethodType.Pretraining, request.Method.Type);
        Assert.Equal(new Hyperparameters { MaxSequenceLength = 256 }, request.Method.Hyperparameters);
    }

    [Theory]
    [InlineData("lora", AdapterKind.Lora)]
    [InlineData("qlora", AdapterKind.Qlora)]
    [InlineData("full", AdapterKind.Full)]
    public void Every_type_of_adapter_is_taken(string type, AdapterKind kind) =>
        Assert.Equal(new AdapterRequest { Type = kind }, Read(WithAdapter($"\"type\": \"{type}\"")).Adapter);

    [Fact]
    public void Auto_leaves_rank_and_alpha_to_the_service() =>
        Assert.Equal(new AdapterRequest(), Read(WithAdapter("\"rank\": \"auto\", \"alpha\": \"auto\", \"dropout\": null")).Adapter);

    [Theory]
    [InlineData("\"type\": \"ia3\"", "Invalid value: 'ia3'. Supported values are: 'lora', 'full', and 'qlora'.", "type")]
    [InlineData("\"rank\": 0", "Invalid value for 'method.adapter.rank': expected 'auto' or an integer from 1 to 1024, but got 0 instead.", "rank")]
    [InlineData("\"rank\": 1025", "Invalid value for 'method.adapter.rank': expected 'auto' or an integer from 1 to 1024, but got 1025 instead.", "rank")]
    [InlineData("\"alpha\": -1", "Invalid value for 'method.adapter.alpha': expected 'auto' or a number above 0, but got -1 instead.", "alpha")]
    [InlineData("\"dropout\": -0.1",
        "Invalid 'method.adapter.dropout': decimal below minimum value. Expected a value >= 0, but got -0.1 instead.", "dropout")]
    [InlineData("\"dropout\": 1", "Invalid value for 'method.adapter.dropout': expected a number from 0 to below 1, but got 1 instead.", "dropout")]
    [InlineData("\"use_dora\": \"yes\"", "Invalid type for 'method.adapter.use_dora': expected a boolean, but got a string instead.", "use_dora")]
    [InlineData("\"use_rslora\": 1", "Invalid type for 'method.adapter.use_rslora': expected a boolean, but got an integer instead.", "use_rslora")]
    [InlineData("\"target_modules\": \"some\"",
        "Invalid value for 'method.adapter.target_modules': expected 'all-linear' or an array of strings, but got \"some\" instead.", "target_modules")]
    [InlineData("\"target_modules\": []",
        "Invalid 'method.adapter.target_modules': empty array. Expected an array with minimum length 1, but got an empty array instead.", "target_modules")]
    [InlineData("\"target_modules\": [\"q_proj\", 7]",
        "Invalid type for 'method.adapter.target_modules[1]': expected a string, but got an integer instead.", "target_modules[1]")]
    [InlineData("\"lora_alpha\": 16",
        "Unknown parameter: 'method.adapter.lora_alpha'. Known there are: 'type', 'rank', 'alpha', 'dropout', 'target_modules', 'use_dora', and 'use_rslora'.",
        "lora_alpha")]
    [InlineData("\"type\": \"full\", \"rank\": 8",
        "'method.adapter.rank' is a property of low-rank updates, and 'method.adapter.type' is 'full': leave it out, or choose 'lora' or 'qlora'.", "rank")]
    public void A_wrong_adapter_is_refused(string fields, string message, string parameter) =>
        Refused(WithAdapter(fields), message, "method.adapter." + parameter);

    [Fact]
    public void The_deprecated_hyperparameters_still_count()
    {
        var request = Read(With("""
            "hyperparameters": {"n_epochs": 2, "batch_size": "auto", "learning_rate_multiplier": 0.5}
            """));

        Assert.Equal(new Hyperparameters { Epochs = 2, LearningRateMultiplier = 0.5 }, request.Method.Hyperparameters);
    }

    [Theory]
    [InlineData("""{"training_file": "f"}""", "Missing required parameter: 'model'.", "model")]
    [InlineData("""{"model": "m"}""", "Missing required parameter: 'training_file'.", "training_file")]
    [InlineData("""{"model": "m", "training_file": 7}""", "Invalid type for 'training_file': expected a string, but got an integer instead.", "training_file")]
    public void A_request_without_model_or_file_is_refused(string json, string message, string parameter) => Refused(json, message, parameter);

    [Theory]
    [InlineData("\"seed\": -1", "Invalid 'seed': integer below minimum value. Expected a value >= 0, but got -1 instead.", "seed")]
    [InlineData("\"suffix\": \"a b\"", "Invalid value for 'suffix': expected letters, digits, '-', '_' and '.', but got 'a b' instead.", "suffix")]
    [InlineData("\"integrations\": {}", "Invalid type for 'integrations': expected an array of objects, but got an object instead.", "integrations")]
    [InlineData("\"integrations\": [{}]", "Missing required parameter: 'integrations[0].type'.", "integrations[0].type")]
    [InlineData("\"integrations\": [{\"type\": \"mlflow\"}]", "Invalid value: 'mlflow'. Supported values are: 'wandb'.", "integrations[0].type")]
    [InlineData("\"integrations\": [{\"type\": \"wandb\"}]", "Missing required parameter: 'integrations[0].wandb'.", "integrations[0].wandb")]
    [InlineData("\"integrations\": [{\"type\": \"wandb\", \"wandb\": {}}]", "Missing required parameter: 'integrations[0].wandb.project'.", "integrations[0].wandb.project")]
    [InlineData("\"integrations\": [{\"type\": \"wandb\", \"wandb\": {\"project\": \"p\", \"tags\": [\"t\"]}}]",
        "Unsupported value: 'integrations[0].type' is 'wandb', and this service sends nothing to Weights & Biases. Leave 'integrations' out; the figures of every step are in the job's events, "
        + "in step_metrics.csv among its result files, and in /v1/fine_tuning/updates while it trains.", "integrations[0].type")]
    [InlineData("\"metadata\": {\"a\": 1}", "Invalid type for 'metadata.a': expected a string, but got an integer instead.", "metadata.a")]
    [InlineData("\"method\": {}", "Missing required parameter: 'method.type'.", "method.type")]
    [InlineData("\"method\": {\"type\": \"magic\"}",
        "Invalid value: 'magic'. Supported values are: 'supervised', 'dpo', 'reinforcement', 'distillation', 'pretraining', and 'recipe'.", "method.type")]
    [InlineData("\"method\": {\"type\": \"distillation\"}", "Missing required parameter: 'method.distillation'.", "method.distillation")]
    [InlineData("\"method\": {\"type\": \"reinforcement\"}", "Missing required parameter: 'method.reinforcement'.", "method.reinforcement")]
    [InlineData("\"method\": {\"type\": \"reinforcement\", \"reinforcement\": {}}", "Missing required parameter: 'method.reinforcement.grader'.", "method.reinforcement.grader")]
    [InlineData("\"method\": {\"type\": \"supervised\", \"supervised\": {\"hyperparameters\": {\"early_stopping_patience\": 0}}}",
        "Invalid 'method.supervised.hyperparameters.early_stopping_patience': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        "method.supervised.hyperparameters.early_stopping_patience")]
    [InlineData("\"method\": {\"type\": \"dpo\", \"dpo\": {\"hyperparameters\": {\"beta\": 2.5}}}",
        "Invalid value for 'method.dpo.hyperparameters.beta': expected 'auto' or a number above 0 and at most 2, but got 2.5 instead.", "method.dpo.hyperparameters.beta")]
    [InlineData("\"method\": {\"type\": \"dpo\", \"dpo\": {\"hyperparameters\": {\"beta\": \"strong\"}}}",
        "Invalid value for 'method.dpo.hyperparameters.beta': expected 'auto' or a number above 0 and at most 2, but got \"strong\" instead.", "method.dpo.hyperparameters.beta")]
    [InlineData("\"method\": {\"type\": \"supervised\", \"supervised\": {\"hyperparameters\": {\"n_epochs\": 51}}}",
        "Invalid value for 'method.supervised.hyperparameters.n_epochs': expected 'auto' or an integer from 1 to 50, but got 51 instead.", "method.supervised.hyperparameters.n_epochs")]
    [InlineData("\"hyperparameters\": {\"batch_size\": \"big\"}",
        "Invalid value for 'hyperparameters.batch_size': expected 'auto' or an integer from 1 to 256, but got \"big\" instead.", "hyperparameters.batch_size")]
    [InlineData("\"hyperparameters\": {\"learning_rate_multiplier\": 0}",
        "Invalid value for 'hyperparameters.learning_rate_multiplier': expected 'auto' or a number above 0, but got 0 instead.", "hyperparameters.learning_rate_multiplier")]
    [InlineData("\"hyperparameters\": {\"weight_decay\": 1.5}",
        "Invalid value for 'hyperparameters.weight_decay': expected 'auto' or a number from 0 to 1, but got 1.5 instead.", "hyperparameters.weight_decay")]
    [InlineData("\"hyperparameters\": {\"learning_rate_multiplier\": 2, \"learning_rate\": 0.1}",
        "'hyperparameters.learning_rate' and 'hyperparameters.learning_rate_multiplier' exclude each other: give one of them.", "hyperparameters.learning_rate")]
    public void A_wrong_value_is_refused(string field, string message, string parameter) => Refused(With(field), message, parameter);

    [Fact]
    public void A_suffix_may_have_64_characters_and_not_65()
    {
        Assert.Equal(64, Read(With($"\"suffix\": \"{new string('a', 64)}\"")).Suffix!.Length);
        Refused(With($"\"suffix\": \"{new string('a', 65)}\""),
            "Invalid 'suffix': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.", "suffix");
    }

    [Fact]
    public void Metadata_may_have_16_pairs_and_not_17()
    {
        static string Pairs(int count) => With($"\"metadata\": {{{string.Join(',', Enumerable.Range(0, count).Select(index => $"\"k{index}\": \"v\""))}}}");

        Assert.Equal(16, Read(Pairs(16)).Metadata.Count);
        Refused(Pairs(17), "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.", "metadata");
    }

    [Fact]
    public void Metadata_keys_end_at_64_characters_and_values_at_512()
    {
        Refused(With($"\"metadata\": {{\"{new string('k', 65)}\": \"v\"}}"),
            "Invalid value for 'metadata': expected keys of 1 to 64 characters, but got one of 65 instead.", "metadata");
        Refused(With($"\"metadata\": {{\"k\": \"{new string('v', 513)}\"}}"),
            "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, but got a string with length 513 instead.", "metadata.k");
    }

    private static string WithAdapter(string fields) => With("\"method\": {\"type\": \"supervised\", \"adapter\": {" + fields + "}}");
}
