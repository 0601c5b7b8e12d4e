using System.Collections.Immutable;
using Serverless.Learning.Adapters;
using Serverless.Learning.Formats;
using Serverless.Learning.Models;
using Serverless.Learning.Sampling;
using Serverless.Learning.Text;
using Serverless.Tests;
using TorchSharp;

namespace Serverless.Learning.Tests.Sampling;

public sealed class TextGeneratorTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    private static readonly int[][] Prompts = [[10, 20, 30], [7], [40, 50, 60, 70, 80, 90, 100], [10, 20, 30], [.. Enumerable.Range(3, 60)]];

    private static readonly SamplingOptions[] Various =
    [
        SamplingOptions.Greedy(12),
        new() { MaxTokens = 3, Temperature = 0.8, Seed = 3 },
        new() { MaxTokens = 40, TopP = 0.9, Seed = -4, Step = 2, Choice = 7, FrequencyPenalty = 1, PresencePenalty = 0.5 },
        new() { MaxTokens = 20, Temperature = 1.5, TopK = 20, MinP = 0.05, Seed = 9, LogitBias = ImmutableDictionary<int, double>.Empty.Add(50, 2) },
        new() { MaxTokens = 30, Temperature = 0.7, Seed = 11, TopScores = 3, Stop = ["e", "the"] },
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Answers_with_options_of_their_own_do_not_depend_on_what_they_are_batched_with(int rows)
    {
        using var model = tiny.Load();
        var generator = new TextGenerator(model);
        GenerationRequest[] requests = [.. Prompts.Zip(Various, (prompt, options) => new GenerationRequest(prompt, options))];
        var batched = generator.Generate(requests, rows, default);
        for (var index = 0; index < requests.Length; index++)
        {
            var alone = generator.Generate([requests[index]], 1, default)[0];
            Assert.Equal(alone.Ids, batched[index].Ids);
            Assert.Equal(alone.Text, batched[index].Text);
            Assert.Equal((alone.Finish, alone.EndId), (batched[index].Finish, batched[index].EndId));
            // Products of more rows are summed in another order: float32 of logits near 1 differs by some 1e-6.
            Assert.Equal(alone.LogProbabilities.Count, batched[index].LogProbabilities.Count);
            Assert.All(alone.LogProbabilities.Zip(batched[index].LogProbabilities), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        }
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.8)]
    public void A_batched_answer_equals_the_one_generated_alone(double temperature)
    {
        using var model = tiny.Load();
        var generator = new TextGenerator(model);
        var options = new SamplingOptions { MaxTokens = 12, Temperature = temperature, Seed = 3 };
        var batched = generator.Generate(Prompts, options, default);
        for (var index = 0; index < Prompts.Length; index++)
            Assert.Equal(generator.Generate([Prompts[index]], options with { Choice = index }, default)[0].Ids, batched[index].Ids);
    }

    [Fact]
    public void Weights_that_stay_as_the_file_has_them_give_the_bits_of_float32_where_prompts_are_read_in_it()
    {
        using var wide = tiny.Load(MatrixStorage.Float32);
        using var stored = tiny.Load(MatrixStorage.AsStored);
        stored.Decoder.ReadingType = torch.ScalarType.Float32;
        Assert.Equal(torch.ScalarType.BFloat16, stored.Decoder.Head.Value.dtype);
        Assert.Equal(torch.ScalarType.Float32, stored.Decoder.Weights.Single(weight => weight.Name == "model.norm.weight").Value.dtype);
        GenerationRequest[] requests = [.. Prompts.Zip(Various, (prompt, options) => new GenerationRequest(prompt, options)), new([.. Enumerable.Range(3, 90)], Various[2])];
        foreach (var rows in new[] { 1, 6 })
        {
            var (expected, found) = (new TextGenerator(wide).Generate(requests, rows, default), new TextGenerator(stored).Generate(requests, rows, default));
            Assert.Equal(expected.Select(answer => string.Join(' ', answer.Ids)), found.Select(answer => string.Join(' ', answer.Ids)));
            Assert.Equal(expected.Select(answer => string.Join(' ', answer.LogProbabilities)), found.Select(answer => string.Join(' ', answer.LogProbabilities)));
        }
    }

    [Fact]
    public void Weights_in_8_bits_change_logits_a_little_and_answers_do_not_depend_on_what_they_are_batched_with()
    {
        using var wide = tiny.Load(MatrixStorage.Float32);
        using var narrow = tiny.Load(MatrixStorage.Int8);
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        using var layout = SequenceLayout.Causal(wide.Decoder.Rotary, 1, Prompts[2].Length);
        var expected = wide.Decoder.Logits(wide.Decoder.Hidden(Prompts[2], layout));
        var found = narrow.Decoder.Logits(narrow.Decoder.Hidden(Prompts[2], layout));
        // A hundred and twenty-seven steps up to the largest weight of a row: errors of about a hundredth.
        Assert.InRange(expected.sub(found).abs().max().item<float>() / expected.abs().max().item<float>(), 1e-5, 0.05);

        var generator = new TextGenerator(narrow);
        var batched = generator.Generate(Prompts, SamplingOptions.Greedy(12), default);
        for (var index = 0; index < Prompts.Length; index++)
            Assert.Equal(generator.Generate([Prompts[index]], SamplingOptions.Greedy(12), default)[0].Ids, batched[index].Ids);
    }

    [Fact]
    public void A_repeated_call_repeats_every_bit()
    {
        using var model = tiny.Load();
        var generator = new TextGenerator(model);
        GenerationRequest[] requests = [.. Enumerable.Range(0, 9).Select(choice => new GenerationRequest(Prompts[choice % 3], Various[2] with { Choice = choice }))];
        var (first, second) = (generator.Generate(requests, 4, default), generator.Generate(requests, 4, default));
        Assert.Equal(first.Select(answer => string.Join(' ', answer.LogProbabilities)), second.Select(answer => string.Join(' ', answer.LogProbabilities)));
        Assert.Equal(9, first.Select(answer => string.Join(' ', answer.Ids)).Distinct().Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void A_token_allocates_next_to_nothing(int rows)
    {
        using var model = LanguageModel.Load(TinyModel.Write(Path.Combine(tiny.Folder, $"wide-headed-{rows}"), headSize: 16));
        model.Decoder.ComputeType = torch.ScalarType.BFloat16;
        using var batch = new GenerationBatch(model);
        // Of a token stay its text and what is said about it; lists that hold them grow now and then, which the median leaves out.
        batch.Add(Prompts[1], [.. Enumerable.Range(0, rows).Select(choice => new SamplingOptions { MaxTokens = 48, Seed = 6, Choice = choice, LogitBias = NoEnd(model) })]);
        var allocated = new List<long>();
        for (var token = 0; token < 40; token++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            batch.Draw();
            batch.Advance();
            if (token >= 8) allocated.Add(GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(rows, batch.Growing.Count);
        allocated.Sort();
        Assert.True(allocated[allocated.Count / 2] <= 160 * rows, $"{allocated[allocated.Count / 2]} bytes for {rows} tokens");
    }

    private static ImmutableDictionary<int, double> NoEnd(LanguageModel model) => model.StopIds.ToImmutableDictionary(id => id, _ => -100.0);

    [Fact]
    public void Answers_that_join_late_and_leave_early_are_those_they_would_be_alone()
    {
        using var model = tiny.Load();
        var generator = new TextGenerator(model);
        using var batch = new GenerationBatch(model);
        var long_ = batch.Add(Prompts[1], [SamplingOptions.Greedy(60)])[0];
        Step(5);
        var wide = batch.Add(Prompts[4], [.. Enumerable.Range(0, 3).Select(choice => Various[2] with { MaxTokens = 25, Choice = choice })]);
        Step(4);
        batch.Remove(new HashSet<GrowingAnswer> { wide[1] });
        Step(10);
        var late = batch.Add(Prompts[2], [Various[1] with { MaxTokens = 30 }])[0];
        while (batch.Growing.Count > 0) Step(1);

        Assert.Equal(generator.Generate([new(Prompts[1], SamplingOptions.Greedy(60))], 1, default)[0].Ids, long_.Result().Ids);
        Assert.Equal(generator.Generate([new(Prompts[4], Various[2] with { MaxTokens = 25, Choice = 2 })], 1, default)[0].Ids, wide[2].Result().Ids);
        Assert.Equal(generator.Generate([new(Prompts[2], Various[1] with { MaxTokens = 30 })], 1, default)[0].Ids, late.Result().Ids);
        Assert.Null(wide[1].Finish);

        void Step(int count)
        {
            for (var step = 0; step < count; step++)
            {
                batch.Draw();
                batch.Advance();
            }
        }
    }

    [Fact]
    public void Answers_with_adapters_of_their_own_grow_together_as_each_grows_alone()
    {
        using var folder = new Formats.TemporaryFolder();
        using var model = tiny.Load(MatrixStorage.AsStored);
        using var lora = With(new AdapterOptions { Rank = 3 });
        using var dora = With(new AdapterOptions { Rank = 4, WeightDecomposed = true, TargetModules = ["q_proj", "v_proj", "down_proj"] });
        var readers = new[] { lora, model, dora, lora, dora };
        using (var batch = new GenerationBatch(model))
        {
            var answers = readers.Select((reader, at) => batch.Add(Prompts[at], [Various[2] with { Choice = at }], reader: reader)[0]).ToList();
            while (batch.Growing.Count > 0)
            {
                batch.Draw();
                batch.Advance();
            }
            for (var at = 0; at < readers.Length; at++)
            {
                var alone = new TextGenerator(readers[at]).Generate([new(Prompts[at], Various[2] with { Choice = at })], 1, default)[0];
                Assert.Equal(alone.Ids, answers[at].Result().Ids);
                Assert.All(alone.LogProbabilities.Zip(answers[at].Result().LogProbabilities), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
            }
        }
        // An adapter does show.
        Assert.Equal(3, new[] { model, lora, dora }
            .Select(reader => new TextGenerator(reader).Generate([new(Prompts[2], Various[2])], 1, default)[0].LogProbabilities[0]).Distinct().Count());

        LanguageModel With(AdapterOptions options)
        {
            using var scope = torch.NewDisposeScope();
            using var noGradient = torch.no_grad();
            var path = folder[$"rank{options.Rank}"];
            using (var adapter = LoraAdapter.Wrap(model.Decoder, options, seed: 1))
            {
                foreach (var pair in adapter.Pairs) pair.B.Value.fill_(0.1);
                PeftAdapter.Save(path, options, "tiny", adapter.Tensors());
            }
            return model.WithAdapter(path);
        }
    }

    [Fact]
    public void A_streamed_answer_equals_the_one_returned_whole()
    {
        using var model = tiny.Load();
        var generator = new TextGenerator(model);
        var options = new SamplingOptions { MaxTokens = 20, Temperature = 0.9, Seed = 5 };
        var pieces = generator.Stream(Prompts[0], options, default).ToList();
        var whole = generator.Generate([Prompts[0]], options, default)[0];
        Assert.Equal(whole.Text, string.Concat(pieces.Select(piece => piece.Text)));
        Assert.Equal(whole.Finish, pieces[^1].Finish);
    }

    [Fact]
    public void Log_probabilities_and_scores_are_those_of_the_whole_text_read_at_once()
    {
        using var model = tiny.Load();
        var answer = new TextGenerator(model).Generate([new(Prompts[2], new SamplingOptions { MaxTokens = 10, Seed = 2 })], 1, default)[0];
        var pieces = new TextGenerator(model).Stream(Prompts[2], new SamplingOptions { MaxTokens = 10, Seed = 2, TopScores = 2 }, default).ToList();
        int[] all = [.. Prompts[2], .. answer.Ids];
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        using var layout = SequenceLayout.Causal(model.Decoder.Rotary, 1, all.Length);
        var expected = model.Decoder.Logits(model.Decoder.Hidden(all, layout)).log_softmax(-1);
        for (var place = 0; place < answer.Ids.Count; place++)
        {
            var row = expected[Prompts[2].Length - 1 + place];
            Assert.Equal(row[answer.Ids[place]].item<float>(), answer.LogProbabilities[place], 1e-4f);
            var scores = pieces[place].Scores!;
            Assert.Equal(answer.Ids[place], scores.Token.Id);
            Assert.Equal(row[answer.Ids[place]].item<float>(), scores.Token.LogProbability, 1e-4);
            Assert.Equal(row.argmax().item<long>(), scores.Top[0].Id);
            Assert.Equal(row.max().item<float>(), scores.Top[0].LogProbability, 1e-4);
            Assert.True(scores.Top[0].LogProbability >= scores.Top[1].LogProbability);
        }
    }

    [Fact]
    public void Penalties_and_bias_do_not_show_in_the_scores_but_in_what_is_drawn()
    {
        using var model = tiny.Load();
        var bias = ImmutableDictionary<int, double>.Empty.Add(77, 100);
        var piece = new TextGenerator(model).Stream(Prompts[0], SamplingOptions.Greedy(1) with { LogitBias = bias, TopScores = 1 }, default).Single();
        Assert.Equal(77, piece.Id);
        Assert.NotEqual(77, piece.Scores!.Top[0].Id);
        Assert.InRange(piece.Scores.Token.LogProbability, -12, -1);
    }

    [Fact]
    public void A_bias_of_a_token_beyond_the_vocabulary_is_refused_with_its_id()
    {
        using var model = tiny.Load();
        var vocabulary = model.Decoder.Config.VocabularySize;
        var last = ImmutableDictionary<int, double>.Empty.Add(vocabulary - 1, 100);
        Assert.Equal(vocabulary - 1, new TextGenerator(model).Stream(Prompts[0], SamplingOptions.Greedy(1) with { LogitBias = last }, default).Single().Id);
        var fault = Assert.Throws<InputError>(() => new TextGenerator(model).Generate([Prompts[0]], SamplingOptions.Greedy(1) with { LogitBias = last.Add(vocabulary, 1) }, default));
        Assert.Equal(
            $"Invalid key in 'logit_bias': found the token {vocabulary}; allowed: 0 to {vocabulary - 1}, the model's vocabulary of {vocabulary} tokens.", fault.Message);
        Assert.Equal(("logit_bias", "invalid_value"), (fault.Parameter, fault.Code));
    }

    [Fact]
    public void A_frequency_penalty_grows_with_each_use_and_a_presence_penalty_does_not()
    {
        using var model = tiny.Load();
        // With +20 on one token, and the logits within a few units of each other, it is drawn until its penalty comes near 20.
        var bias = ImmutableDictionary<int, double>.Empty.Add(77, 20);
        var frequency = Greedy(SamplingOptions.Greedy(16) with { LogitBias = bias, FrequencyPenalty = 2 });
        var presence = Greedy(SamplingOptions.Greedy(16) with { LogitBias = bias, PresencePenalty = 2 });
        var none = Greedy(SamplingOptions.Greedy(16) with { LogitBias = bias });
        Assert.Equal(16, none.Count(id => id == 77));
        Assert.Equal(16, presence.Count(id => id == 77));
        Assert.InRange(frequency.Count(id => id == 77), 5, 12);
        Assert.True(frequency.Take(5).All(id => id == 77));

        IReadOnlyList<int> Greedy(SamplingOptions options) => new TextGenerator(model).Generate([new(Prompts[0], options)], 1, default)[0].Ids;
    }

    [Fact]
    public void Pieces_never_end_within_a_character_and_make_the_decoded_text()
    {
        using var model = tiny.Load();
        // Bytes of UTF-8 beyond ASCII are made likely: sequences that are characters, and many that are not.
        var high = Enumerable.Range(0, model.Tokenizer.VocabularySize).Where(id => model.Tokenizer.BytesOf(id, skipSpecial: true) is [>= 0x80, ..]);
        var bias = high.Concat(model.StopIds.Select(id => -id - 1)).ToImmutableDictionary(id => id < 0 ? -id - 1 : id, id => id < 0 ? -100.0 : 4.0);
        for (var seed = 0; seed < 20; seed++)
        {
            var options = new SamplingOptions { MaxTokens = 100, Seed = seed, LogitBias = bias };
            var pieces = new TextGenerator(model).Stream(Prompts[0], options, default).ToList();
            Assert.All(pieces, piece => Assert.True(!char.IsHighSurrogate(piece.Text.LastOrDefault()) && !char.IsLowSurrogate(piece.Text.FirstOrDefault())));
            Assert.Equal(model.Tokenizer.Decode(pieces.Select(piece => piece.Id).ToArray()), string.Concat(pieces.Select(piece => piece.Text)));
        }
    }

    [Fact]
    public void A_stop_text_across_two_tokens_ends_the_answer_before_it()
    {
        using var model = tiny.Load();
        var options = new SamplingOptions { MaxTokens = 40, Seed = 21, LogitBias = model.StopIds.ToImmutableDictionary(id => id, _ => -100.0) };
        var whole = new TextGenerator(model).Generate([new(Prompts[0], options)], 1, default)[0];
        var tried = 0;
        for (var place = 1; place < whole.Ids.Count; place++)
        {
            var (left, right) = (model.Tokenizer.Decode([whole.Ids[place - 1]]), model.Tokenizer.Decode([whole.Ids[place]]));
            if (left.Length == 0 || right.Length == 0 || (left + right).Contains('\uFFFD')) continue;
            var stop = $"{left[^1]}{right[0]}";
            var answer = new TextGenerator(model).Generate([new(Prompts[0], options with { Stop = ["never", stop] })], 1, default)[0];
            Assert.Equal(whole.Text[..whole.Text.IndexOf(stop, StringComparison.Ordinal)], answer.Text);
            Assert.Equal((FinishReason.Stop, null), (answer.Finish, answer.EndId));
            tried++;
        }
        Assert.True(tried > 10);
    }

    [Fact]
    public void The_token_that_ends_an_answer_is_scored_but_not_part_of_it()
    {
        using var model = tiny.Load();
        var end = model.StopIds.First();
        var answer = new TextGenerator(model).Generate(
            [new(Prompts[0], new SamplingOptions { MaxTokens = 5, LogitBias = ImmutableDictionary<int, double>.Empty.Add(end, 100) })], 1, default)[0];
        Assert.Empty(answer.Ids);
        Assert.Equal(end, answer.EndId);
        Assert.Equal(FinishReason.Stop, answer.Finish);
        Assert.Equal(0, Assert.Single(answer.LogProbabilities), 1e-6f);
    }

    [Fact]
    public void A_prompt_is_scored_token_by_token_without_answering_it()
    {
        using var model = tiny.Load();
        using var batch = new GenerationBatch(model);
        var scores = new List<TokenScores>();
        var answer = batch.Add(Prompts[2], [SamplingOptions.Greedy(0)], scores.Add, topScores: 1)[0];
        Assert.Equal(FinishReason.Length, answer.Finish);
        Assert.Equal(Prompts[2], scores.Select(score => score.Token.Id));
        Assert.True(double.IsNaN(scores[0].Token.LogProbability));
        Assert.All(scores.Skip(1), score => Assert.True(score.Top[0].LogProbability >= score.Token.LogProbability));
    }

    [Fact]
    public void Tensors_do_not_accumulate_over_many_generations()
    {
        using var model = tiny.Load();
        var generator = new TextGenerator(model);
        GenerationRequest[] requests = [.. Prompts.Zip(Various, (prompt, options) => new GenerationRequest(prompt, options))];
        generator.Generate(requests, 3, default);
        var before = torch.Tensor.TotalCount;
        for (var round = 0; round < 20; round++) generator.Generate(requests, 3, default);
        foreach (var _ in generator.Stream(Prompts[0], SamplingOptions.Greedy(90), default).Take(5))
        {
        }
        // Fewer, where what an earlier test left has been collected meanwhile.
        Assert.InRange(torch.Tensor.TotalCount, 0, before);
    }

    [Fact]
    public void The_cache_gives_the_logits_of_reading_everything_again()
    {
        using var model = tiny.Load();
        var ids = new TextGenerator(model).Generate([Prompts[2]], SamplingOptions.Greedy(110), default)[0].Ids;
        int[] all = [.. Prompts[2], .. ids];
        for (var length = Prompts[2].Length; length < all.Length; length++)
        {
            using var scope = torch.NewDisposeScope();
            using var noGradient = torch.no_grad();
            using var layout = SequenceLayout.Causal(model.Decoder.Rotary, 1, length);
            var logits = model.Decoder.Logits(model.Decoder.Hidden(all[..length], layout));
            Assert.Equal(all[length], logits[^1].argmax().item<long>());
        }
    }

    [Fact]
    public void The_token_that_ends_a_turn_in_the_template_ends_an_answer_whatever_the_configuration_says()
    {
        var folder = TinyModel.Write(Path.Combine(Path.GetTempPath(), "tiny-" + Guid.NewGuid().ToString("N")));
        var tokenizer = Tokenizer.Load(Path.Combine(folder, "tokenizer.json"));
        int end = tokenizer.IdOf("<|endoftext|>")!.Value, turn = tokenizer.IdOf("<|im_end|>")!.Value;
        File.WriteAllText(Path.Combine(folder, "generation_config.json"), $$"""{"eos_token_id": {{end}}}""");
        File.WriteAllText(Path.Combine(folder, "config.json"), File.ReadAllText(Path.Combine(folder, "config.json"))
            .Replace($"\"eos_token_id\": {turn}", $"\"eos_token_id\": {end}", StringComparison.Ordinal));
        using (var model = LanguageModel.Load(folder)) Assert.Equal([end, turn], model.StopIds.Order());
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_prompt_that_fills_the_context_is_refused()
    {
        using var model = tiny.Load();
        var fault = Assert.Throws<InputError>(() => new TextGenerator(model).Generate([new int[128]], SamplingOptions.Greedy(1), default));
        Assert.Equal("messages: found 128 tokens; allowed: at most 127, the model's context less one token of answer", fault.Message);
    }
}
