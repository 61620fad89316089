/** Ask the store's advisor with OpenAI's own library: whole, streamed, the models, and what is refused. */
import OpenAI from "openai";

declare const process: { argv: string[] };
const [address, username, password, tenant] = process.argv.slice(2);
const here = { "X-Tenant-ID": tenant };

function check(holds: boolean, what: string): void {
    if (!holds) throw new Error(what);
}

const login = await fetch(`${address}/v1/auth/tokens`, {
    method: "POST",
    headers: { ...here, "Content-Type": "application/json" },
    body: JSON.stringify({ username, password }),
});
const { token } = (await login.json()) as { token: string };
const options = { baseURL: `${address}/v1`, defaultHeaders: here, maxRetries: 0 };
const library = new OpenAI({ ...options, apiKey: token });
const model = "PET_ADVISOR_1";
const messages = [{ role: "user" as const, content: "How do I feed a young rabbit?" }];

const whole = await library.chat.completions.create({ model, messages });
const text = whole.choices[0].message.content ?? "";
check(text.includes("veterinarian"), "it does not say what it is");

let told = "";
let tokens = 0;
const asked = { model, messages, stream: true as const, stream_options: { include_usage: true } };
for await (const chunk of await library.chat.completions.create(asked)) {
    told += chunk.choices[0]?.delta.content ?? "";
    tokens = chunk.usage?.completion_tokens ?? tokens;
}
check(told === text && tokens === whole.usage?.completion_tokens, "the stream says something else");
const helped = await library.chat.completions.stream({ model, messages }).finalContent();
check(helped === text, "the library's helper reads something else");

const names: string[] = [];
for await (const one of library.models.list()) names.push(one.id);
check(names.join() === "PET_ADVISOR_1,PET_ADVISOR_TURBO", `the models are ${names}`);
check((await library.models.retrieve("pet-advisor-turbo")).id === "PET_ADVISOR_TURBO", "a model has another name");

async function refused(call: () => PromiseLike<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
    try {
        await call();
    } catch (error) {
        if (error instanceof OpenAI.APIError) return error;
        throw error;
    }
    throw new Error("it was not refused");
}

const bad = await refused(() => library.chat.completions.create({ model, messages, max_tokens: 0 }));
check(bad instanceof OpenAI.BadRequestError, "no BadRequestError");
check(bad.param === "max_tokens" && bad.code === "validation_error", `${bad.param} ${bad.code}`);
const missing = await refused(() => library.models.retrieve("gpt-5"));
check(missing instanceof OpenAI.NotFoundError, "no NotFoundError");
const forged = await refused(() => new OpenAI({ ...options, apiKey: "nonsense" }).models.list());
check(forged instanceof OpenAI.AuthenticationError, "no AuthenticationError");
console.log("whole, streamed, refused");
